import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Fault, fault } from '../model/problem.js'
import type { CommandResult, FileSpec, Machine, RunOptions } from './machine.js'
import { pasteable, runProcess, shellQuote } from './process.js'
import { packFiles, unpackScript } from './write-files.js'

export interface SshTarget {
  name: string
  address: string
  user: string
  port: number
  identityFile?: string
  /** Host keys that are believed. Absent = the user's own known_hosts. */
  knownHostsFile?: string
  /** Directory for control sockets, 0700, short: a socket path may have 104 characters. */
  controlDir: string
  /** Put before ssh, for example ['nsenter', '--net=/run/netns/quorate-demo', '--']. */
  prefix?: readonly string[]
  connectTimeoutMs?: number
}

/** Sessions at the same time on one connection; sshd refuses more than MaxSessions, whose default is 10. */
const maxSessions = 8

/** OpenSSH's own exit status for "the connection failed". */
const sshFailed = 255

/**
 * A machine over the system's OpenSSH, so that ssh_config, agents, jump hosts and hardware keys work as the user has set them up. One
 * connection is kept per machine (ControlMaster): a further command costs about 10 ms instead of a new login.
 */
export class SshMachine implements Machine {
  readonly name: string
  readonly address: string
  readonly #target: SshTarget
  #sessions = 0
  readonly #queue: (() => void)[] = []
  #connected: Promise<void> | undefined

  constructor(target: SshTarget) {
    this.name = target.name
    this.address = target.address
    this.#target = target
  }

  /** The ssh command line up to the host, for people too: `quorate ssh` uses it. */
  argv(extra: readonly string[] = []): [string, ...string[]] {
    const t = this.#target
    const seconds = Math.max(1, Math.ceil((t.connectTimeoutMs ?? 10_000) / 1000))
    const options = [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `ConnectTimeout=${seconds}`,
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
      'ControlMaster=auto',
      'ControlPersist=120',
      `ControlPath=${this.#controlPath()}`,
      'LogLevel=ERROR',
      ...(t.knownHostsFile ? [`UserKnownHostsFile=${t.knownHostsFile}`, 'GlobalKnownHostsFile=/dev/null'] : []),
      ...(t.identityFile ? [`IdentityFile=${t.identityFile}`, 'IdentitiesOnly=yes'] : []),
    ]
    return [
      ...(t.prefix ?? []),
      'ssh',
      '-T',
      ...extra,
      ...options.flatMap((o) => ['-o', o]),
      '-p',
      String(t.port),
      '-l',
      t.user,
      t.address,
    ] as unknown as [string, ...string[]]
  }

  #controlPath(): string {
    return `${this.#target.controlDir}/${createHash('sha256').update(`${this.name}@${this.address}`).digest('hex').slice(0, 12)}`
  }

  async sh(script: string, options: RunOptions = {}): Promise<CommandResult> {
    // With input for the script, its text cannot travel on standard input too: it is then read from a heredoc-free prefix of known length.
    const root = this.#target.user === 'root' ? '' : 'sudo -n '
    if (options.stdin === undefined) return await this.#run(`${root}sh -s`, { ...options, stdin: script })
    const text = Buffer.from(script, 'utf8')
    const input = typeof options.stdin === 'string' ? Buffer.from(options.stdin, 'utf8') : Buffer.from(options.stdin)
    // head -c reads exactly as many bytes as it is told, so the rest of the stream is the script's own input.
    return await this.#run(`${root}sh -c 's=$(head -c ${text.length}; echo x); eval "\${s%x}"'`, {
      ...options,
      stdin: Buffer.concat([text, input]),
    })
  }

  exec(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const root = this.#target.user === 'root' ? '' : 'sudo -n '
    return this.#run(root + pasteable(argv), options)
  }

  async read(path: string): Promise<string | undefined> {
    const result = await this.sh(`[ -e ${shellQuote(path)} ] || exit 44\ncat ${shellQuote(path)}\n`, { allowFailure: true })
    if (result.exit === 44) return undefined
    if (result.exit !== 0)
      throw fault('Q3001', { command: `cat ${path}`, exit: result.exit, stderr: result.stderr.slice(-300) }, { machine: this.name })
    return result.stdout
  }

  async write(files: readonly FileSpec[]): Promise<string[]> {
    if (files.length === 0) return []
    const result = await this.sh(unpackScript, { stdin: packFiles(files), timeoutMs: 60_000 })
    return result.stdout.split('\n').filter(Boolean)
  }

  async upload(
    localPath: string,
    remotePath: string,
    options: { mode?: number; onProgress?: (bytes: number) => void } = {},
  ): Promise<void> {
    const size = (await stat(localPath)).size
    const tmp = shellQuote(`${remotePath}.uploading`)
    const mode = (options.mode ?? 0o644).toString(8)
    const root = this.#target.user === 'root' ? '' : 'sudo -n '
    const script = `mkdir -p "$(dirname ${shellQuote(remotePath)})" && cat > ${tmp} && [ "$(stat -c %s ${tmp})" = ${size} ] && chmod ${mode} ${tmp} && sync ${tmp} && mv ${tmp} ${shellQuote(remotePath)}`
    await this.#connect()
    await new Promise<void>((resolve, reject) => {
      const [program, ...rest] = [...this.argv(), `${root}sh -c ${shellQuote(script)}`]
      const child = spawn(program as string, rest, { stdio: ['pipe', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-600)
      })
      const source = createReadStream(localPath, { highWaterMark: 1 << 20 })
      let sent = 0
      source.on('data', (chunk) => {
        sent += chunk.length
        options.onProgress?.(sent)
      })
      source.on('error', (error) => {
        child.kill()
        reject(error)
      })
      child.stdin.on('error', () => undefined)
      source.pipe(child.stdin)
      child.on('error', reject)
      child.on('close', (code) =>
        code === 0 ? resolve() : reject(fault('Q3011', { path: remotePath, stderr: said.trim() }, { machine: this.name })),
      )
    })
  }

  async close(): Promise<void> {
    await runProcess([...this.argv(['-O', 'exit'])], { allowFailure: true, timeoutMs: 3000 }).catch(() => undefined)
  }

  /** The first command opens the shared connection; others wait for it, or each would log in by itself. */
  async #connect(): Promise<void> {
    this.#connected ??= this.#once('true', { timeoutMs: (this.#target.connectTimeoutMs ?? 10_000) + 5000 }).then(() => undefined)
    try {
      await this.#connected
    } catch (error) {
      this.#connected = undefined
      throw error
    }
  }

  async #run(command: string, options: RunOptions): Promise<CommandResult> {
    if (this.#connected === undefined) {
      const first = this.#once(command, options)
      this.#connected = first.then(
        () => undefined,
        () => undefined,
      )
      return await first
    }
    await this.#connected
    return await this.#once(command, options)
  }

  async #once(command: string, options: RunOptions): Promise<CommandResult> {
    await this.#enter()
    try {
      const result = await runProcess([...this.argv(), command], { ...options, allowFailure: true })
      if (result.exit === sshFailed && isConnectionFailure(result.stderr)) {
        this.#connected = undefined
        throw connectionFault(this, this.#target, result.stderr)
      }
      if (result.exit !== 0 && !options.allowFailure) {
        const said = result.stderr.trim() || result.stdout.trim()
        throw fault('Q3001', { command: summary(command, options), exit: result.exit, stderr: said.slice(-600) }, { machine: this.name })
      }
      return result
    } catch (error) {
      if (error instanceof Fault && !error.problem.machine)
        throw new Fault({ ...error.problem, machine: this.name }, { cause: error.cause })
      throw error
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#sessions >= maxSessions) await new Promise<void>((next) => this.#queue.push(next))
    this.#sessions++
  }

  #leave(): void {
    this.#sessions--
    this.#queue.shift()?.()
  }
}

const summary = (command: string, options: RunOptions): string => {
  const text = command.endsWith('sh -s') && typeof options.stdin === 'string' ? options.stdin : command
  return text.trim().split('\n').slice(0, 3).join('; ').slice(0, 200)
}

const isConnectionFailure = (stderr: string): boolean =>
  /ssh:|Connection|Host key|Permission denied|kex_|mux_client|Timeout, server/.test(stderr)

const connectionFault = (machine: Machine, target: SshTarget, stderr: string): Fault => {
  const said = stderr.trim().split('\n').slice(-1)[0] ?? ''
  const data = { address: target.address, user: target.user, port: target.port, said }
  const where = { machine: machine.name }
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/.test(stderr)) return fault('Q3003', data, where)
  if (/Permission denied/.test(stderr)) return fault('Q3004', data, where)
  if (/Connection refused/.test(stderr)) return fault('Q3005', data, where)
  return fault('Q3006', data, where)
}
