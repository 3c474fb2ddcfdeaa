import { createHash } from 'node:crypto'

export interface SshTarget {
  name: string
  address: string
  user: string
  port: number
  identityFile?: string
  /** Host keys that are believed. Absent = the user's own known_hosts. */
  knownHostsFile?: string
  /** Folder for control sockets (control-dir.ts); made when first used. */
  controlDir: string
  /** How long an unused connection is kept after the last command; default 120 s. */
  persistSeconds?: number
  /** Is the connection kept when the fleet is closed? True for labs, whose `down` ends it. */
  keepConnection?: boolean
  /** Instead of the user's ssh_config; 'none' = no such file at all. */
  configFile?: string
  /** Further ssh_config(5) settings, as KEY=VALUE. */
  options?: readonly string[]
  /** Put before ssh, for example ['nsenter', '--net=/run/netns/quorate-demo', '--']. */
  prefix?: readonly string[]
  connectTimeoutMs?: number
}

/** The shared connection's socket. All that decides who talks to whom is in its name: another user or key never inherits a login. */
export const controlPathOf = (t: SshTarget): string => {
  const who = JSON.stringify([t.name, t.address, t.user, t.port, t.identityFile, t.knownHostsFile, t.prefix])
  return `${t.controlDir}/${createHash('sha256').update(who).digest('hex').slice(0, 12)}`
}

/** The ssh command line up to the host. Unknown host keys are refused, passwords never asked for. */
export const sshArgv = (t: SshTarget, extra: readonly string[] = []): [string, ...string[]] => {
  const seconds = Math.max(1, Math.ceil((t.connectTimeoutMs ?? 10_000) / 1000))
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${seconds}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ControlMaster=auto',
    `ControlPersist=${t.persistSeconds ?? 120}`,
    `ControlPath=${controlPathOf(t)}`,
    'LogLevel=ERROR',
    ...(t.options ?? []),
    ...(t.knownHostsFile ? [`UserKnownHostsFile=${t.knownHostsFile}`, 'GlobalKnownHostsFile=/dev/null'] : []),
    ...(t.identityFile ? [`IdentityFile=${t.identityFile}`, 'IdentitiesOnly=yes'] : []),
  ]
  const config = t.configFile ? ['-F', t.configFile] : []
  const argv = ['ssh', ...config, '-T', ...extra, ...options.flatMap((o) => ['-o', o]), '-p', String(t.port), '-l', t.user, t.address]
  const [first = 'ssh', ...rest] = [...(t.prefix ?? []), ...argv]
  return [first, ...rest]
}
