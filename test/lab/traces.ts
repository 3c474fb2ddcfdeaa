import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { containerName, labPaths } from '../../src/lab/paths.js'
import { controlDirOf } from '../../src/machine/control-dir.js'

const quiet = <T>(read: () => T, otherwise: T): T => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Process numbers whose command line names a text. */
export const processesNaming = (text: string): number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => quiet(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text), false))
    .map(Number)

const below = (dir: string, name: string, depth: number): string[] =>
  quiet(() => readdirSync(dir, { withFileTypes: true }), [])
    .filter((e) => e.isDirectory())
    .flatMap((e) => (e.name.startsWith(name) ? [`${dir}/${e.name}`] : depth > 0 ? below(`${dir}/${e.name}`, name, depth - 1) : []))

/** Everything on this computer that a lab could have left behind; empty when it left nothing. The janitor of the tests names the lab too, and is no trace. */
export const tracesOf = (cluster: string, stateRoot: string, namespace?: string): string[] => {
  const paths = labPaths(stateRoot, cluster)
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return [
    ...processesNaming(`${paths.dir}/`).map((pid) => `process ${pid}`),
    ...readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && namespace !== undefined && quiet(() => readlinkSync(`/proc/${pid}/ns/net`), '') === namespace)
      .map((pid) => `process ${pid} in ${namespace}`),
    ...mounts.filter((line) => line.includes(paths.dir) || line.includes(paths.namespace)).map((line) => `mount ${line}`),
    ...below('/sys/fs/cgroup', paths.cgroup, 2).map((dir) => `cgroup ${dir}`),
    ...['m-1', 'm-2', 'm-3'].map((m) => `/run/systemd/nspawn/propagate/${containerName(cluster, m)}`).filter((path) => existsSync(path)),
    ...[`/run/netns/${paths.namespace}`, paths.dir, paths.relaySocket, controlDirOf(`lab/${cluster}`)].filter((path) => existsSync(path)),
  ]
}

/** The computer's own links, addresses and routes: a lab changes none of them. */
export const hostNetwork = (): string =>
  ['link', 'address', 'route'].map((what) => execFileSync('ip', ['-br', what], { encoding: 'utf8' })).join('\n')

/** The computer's own addresses besides loopback. */
export const hostAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter((a) => a.family === 'IPv4' && !a.internal).map((a) => a.address))
