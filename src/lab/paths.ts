import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'

/** Where one lab keeps what it is made of. Everything below `dir` belongs to the lab and goes with it. */
export interface LabPaths {
  dir: string
  namespace: string
  /** Bridge inside the namespace that every machine is plugged into. */
  bridge: string
  identity: string
  knownHosts: string
  relaySocket: string
  relayState: string
  /** Below every cgroup v1 controller. */
  cgroup: string
  /** Names the lab whose network this one's machines share; a file only in the lab of a guest. */
  guestOf: string
  machine(name: string): MachinePaths
}

export interface MachinePaths {
  dir: string
  upper: string
  work: string
  root: string
  data: string
  pid: string
  console: string
}

/** `host`: the cluster that hosts this one's control plane, and whose network its machines join. */
export const labPaths = (stateRoot: string, cluster: string, host?: string): LabPaths => {
  const dir = resolve(stateRoot, 'labs', cluster)
  return {
    dir,
    namespace: `quorate-${host ?? cluster}`,
    bridge: 'br0',
    identity: join(dir, 'id'),
    knownHosts: join(dir, 'known_hosts'),
    relaySocket: socketPath(dir),
    relayState: join(dir, 'relay.json'),
    cgroup: `quorate-${cluster}`,
    guestOf: join(dir, 'guest-of'),
    machine: (name) => {
      const at = join(dir, 'machines', name)
      return {
        dir: at,
        upper: join(at, 'upper'),
        work: join(at, 'work'),
        root: join(at, 'root'),
        data: join(at, 'data'),
        pid: join(at, 'leader.json'),
        console: join(at, 'console.log'),
      }
    },
  }
}

/** A socket's path may have 107 characters (unix(7)); where the state lies deeper, it is in /run. */
const socketPath = (dir: string): string => {
  const path = join(dir, 'relay.sock')
  return path.length <= 100 ? path : `/run/quorate-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}.sock`
}

/** A name for nspawn and for veth ends, at most 11 characters so that "vb-" before it still fits an interface name (15). */
export const containerName = (cluster: string, machine: string): string =>
  `q${createHash('sha256').update(`${cluster}/${machine}`).digest('hex').slice(0, 10)}`
