import { setMaxListeners } from 'node:events'
import type { Fleet } from '../../machine/fleet.js'
import { type Cluster, hasVirtualIp } from '../../model/cluster.js'
import type { Connections } from '../../observe/connections.js'
import { type Interval, monotonicMs, type Series } from '../samples.js'
import type { Roles } from '../victims.js'
import { MachineClock } from './clock.js'
import { type MemberSight, sampleEtcd } from './etcd-leader.js'
import { followHostedPods } from './hosted-pods.js'
import { asksOf, sampleInCluster } from './in-cluster.js'
import type { Ask } from './in-cluster-script.js'
import { sampleLeases } from './leases.js'
import { sampleOwners } from './owners.js'
import { rolesNow } from './roles.js'

export interface SamplerOptions {
  cluster: Cluster
  fleet: Fleet
  connections: Connections
  signal: AbortSignal
}

/** Everything with a name and a time: lanes of the timeline. Label = machine. */
export interface SampledIntervals {
  /** Who held the virtual IP. Empty where a cluster has none. */
  owners: Interval[]
  etcdLeader: Interval[]
  controllerManager: Interval[]
  scheduler: Interval[]
}

export interface Samplers {
  intervals(): SampledIntervals
  /** Who plays which role right now; asks the balancer and the API. */
  roles(): Promise<Roles>
  /** What pods feel, due within [fromMs, toMs), monotonic clock. */
  series(fromMs: number, toMs: number): Series[]
  etcdMembers(): MemberSight[]
  /** Gives up in-cluster samples that were due before. */
  forget(beforeMs: number): void
  /** What is not sampled now, and why. */
  blind(): string[]
  /** Resolves once leader, leases and holder are all known, or at the deadline with what is not. */
  ready(withinMs: number): Promise<string[]>
}

/** Time to a machine and back: the first answer of its SSH port is bounded by it. */
const roundTrip = async (fleet: Fleet, address: string, port: number): Promise<number> => {
  const startMs = monotonicMs()
  const socket = await fleet.dial(address, port, { timeoutMs: 2000 }).catch(() => undefined)
  socket?.destroy()
  return monotonicMs() - startMs
}

/**
 * Starts all samplers. They run until the signal and never throw: what dies meanwhile is what a drill is about. Each machine carries one
 * long session, each worker two.
 */
export const startSamplers = ({ cluster, fleet, connections, signal }: SamplerOptions): Samplers => {
  // Every session and every poll listens for the end.
  setMaxListeners(0, signal)
  const clocks = new Map(cluster.machines.map((m) => [m.name, new MachineClock(fleet.isLab, 0)]))
  const clockOf = (name: string): MachineClock => clocks.get(name) ?? new MachineClock(fleet.isLab, 0)
  if (!fleet.isLab)
    for (const m of cluster.machines)
      void roundTrip(fleet, m.address, m.ssh?.port ?? 22).then((ms) => {
        clockOf(m.name).roundTripMs = ms
      })
  const { apiServers, etcd: members } = connections
  const owners = hasVirtualIp(cluster) ? sampleOwners(cluster, fleet, cluster.endpoint.address, clockOf, signal) : undefined
  const pods = cluster.hosted && connections.host ? followHostedPods(cluster, connections.host, signal) : undefined
  const leases = sampleLeases(apiServers, signal, pods && ((name) => pods.nodeOf(name) ?? name))
  const etcd = sampleEtcd(members, signal)
  let asks: readonly Ask[] | undefined
  const inCluster = sampleInCluster(cluster, fleet, () => asks, clockOf, signal)
  void learnAsks([...apiServers.values()], cluster.network.dnsDomain, signal).then((found) => {
    asks = found
  })

  const sources = { cluster, fleet, apiServers, owners, leases, etcd, ...(pods ? { pods } : {}) }
  const unknown = (): string[] => [
    ...(owners && owners.holder() === undefined ? ['who holds the virtual IP'] : []),
    ...(etcd.leader() === undefined ? ['which etcd member leads'] : []),
    ...(leases.holder('kube-controller-manager') === undefined ? ['which controller-manager leads'] : []),
    ...(pods && pods.apiServers().length === 0 ? ['which nodes carry API servers'] : []),
    ...(leases.holder('kube-scheduler') === undefined ? ['which scheduler leads'] : []),
  ]
  return {
    intervals: () => ({
      owners: owners?.intervals() ?? [],
      etcdLeader: etcd.intervals(),
      controllerManager: leases.intervals('kube-controller-manager'),
      scheduler: leases.intervals('kube-scheduler'),
    }),
    roles: () => rolesNow(sources),
    series: (fromMs, toMs) => inCluster.series(fromMs, toMs),
    etcdMembers: () => etcd.members(),
    forget: (beforeMs) => inCluster.forget(beforeMs),
    blind: () => [
      ...(owners?.silent() ?? []).map((name) => `addresses of ${name}`),
      ...inCluster.silent().map(({ machine, says }) => `pods of ${machine}${says ? ` (${says})` : ''}`),
    ],
    ready: async (withinMs) => {
      const untilMs = monotonicMs() + withinMs
      for (;;) {
        const left = unknown()
        if (left.length === 0 || signal.aborted || monotonicMs() > untilMs) return left
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

/** Asks for the addresses of Services until an API server tells them. */
const learnAsks = async (
  clients: readonly Parameters<typeof asksOf>[0][],
  dnsDomain: string,
  signal: AbortSignal,
): Promise<readonly Ask[] | undefined> => {
  while (!signal.aborted) {
    const found = await Promise.any(clients.map((one) => asksOf(one, dnsDomain))).catch(() => undefined)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return undefined
}
