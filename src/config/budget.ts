import {
  apiServerCount,
  balancers,
  type Cluster,
  controlPlanes,
  etcdMachines,
  hasVirtualIp,
  type MachineSpec,
  nodeLocalAddress,
  podsUseBalancer,
  quorumOf,
  topologyOf,
  workers,
} from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import {
  apiServerRestartMs,
  backendDetectMs,
  backendFrozenMs,
  backendRefusedMs,
  carrierLostMs,
  doorShutMs,
  keptConnectionMs,
  kubernetesServiceMs,
  usedTooEarlyMs,
  withoutStoreMs,
} from './outage/api-server.js'
import { controllersTakeoverMs, dnsPodLostMs, leaseTakeoverMs, nodeNotReadyMs, podReplacementMs } from './outage/cluster-parts.js'
import { etcdClientMs, etcdElectionMs } from './outage/etcd.js'
import { nothing, type Span, slowestOf, span, unbounded } from './outage/span.js'
import { proxyFrozenMs, proxyKilledMs, virtualIpMoveMs, vrrpKilledMs } from './outage/virtual-ip.js'
import { lostWith } from './survives.js'
import { timingOf } from './timing.js'

/** What users would feel for one kind of failure; `lowMs` to `highMs` is the predicted gap, both 0 = nothing is felt, Infinity = until mended. */
export interface OutageBudget extends Span {
  failure: string
}

interface Shape {
  cluster: Cluster
  timing: Timing
  servers: number
  balancerCount: number
}

const alone = 'there is no other'

/** One API server stops answering while its machine's kernel lives. */
const frozenServer = ({ cluster, timing, servers }: Shape): Span => {
  if (servers < 2) return unbounded(alone)
  if (cluster.balancer === 'external') return yours
  // nginx as free software learns only from connections that failed, and these do not.
  if (cluster.balancer === 'nginx-keepalived') return unbounded('nginx sees only failed connections, not unanswered ones')
  return backendFrozenMs(timing)
}

/** An API server whose etcd member ended: it would accept everything and answer nothing, so its machine refuses connections. */
const serverWithoutMember = (shape: Shape): Span => {
  const { cluster, timing, servers } = shape
  if (servers < 2) return unbounded(alone)
  if (cluster.balancer === 'external') return yours
  if (timing.etcd.silentMs > 0) return doorShutMs(timing)
  const frozen = frozenServer(shape)
  return Number.isFinite(frozen.highMs) ? withoutStoreMs(timing) : frozen
}

const killedServer = ({ cluster, timing, servers }: Shape): Span => {
  if (servers < 2) return apiServerRestartMs()
  if (cluster.balancer === 'external') return yours
  return cluster.balancer === 'nginx-keepalived' ? usedTooEarlyMs() : backendRefusedMs(timing)
}

/** The machine of one API server goes silent: connects run into their limit. */
const silentServer = ({ cluster, timing, servers }: Shape): Span => {
  if (servers < 2) return unbounded(alone)
  if (cluster.balancer === 'external') return yours
  if (cluster.balancer === 'nginx-keepalived') return span(0, timing.connectMs * 2, 'connect limit, then nginx tries the next server')
  return backendDetectMs(timing)
}

/** A node of the host with an API server of the guest. */
const silentHost = ({ cluster, timing, servers }: Shape): Span => (servers < 2 ? unbounded(alone) : carrierLostMs(timing, cluster.hosted))

/** Clouds take 10 to 30 s with their own defaults. */
const yours = span(0, 30_000, 'your own balancer decides')

const movedAddress = ({ timing, balancerCount }: Shape): Span =>
  balancerCount < 2 ? unbounded('no other balancer takes the address') : virtualIpMoveMs(timing, balancerCount)

/**
 * The etcd leader's process is gone. Stacked, its API server has lost its only member and is taken out by /readyz; apart, all go on with
 * the other members.
 */
const lostLeader = (shape: Shape): Span => {
  const { cluster, timing } = shape
  if (etcdMachines(cluster).length < 3) return span(1000, 30_000, 'the only etcd member: kubelet starts it again')
  const election = etcdElectionMs(timing)
  if (topologyOf(cluster) !== 'stacked') return election
  const server = serverWithoutMember(shape)
  return slowestOf(
    election,
    Number.isFinite(server.highMs) ? server : span(0, 30_000, 'its API server waits until kubelet has started it again'),
  )
}

/** Everything that the loss of these machines sets off, at the same time. */
const silentMachines = (shape: Shape, gone: readonly MachineSpec[]): Span => {
  const { cluster, timing } = shape
  const [lost] = lostWith(cluster, gone)
  if (lost) return unbounded(`it takes ${lost.split(':')[0]}`)
  const has = (role: MachineSpec['roles'][number]): boolean => gone.some((m) => m.roles.includes(role))
  return slowestOf(
    nothing('nothing of the API is there'),
    ...(hasVirtualIp(cluster) && has('balancer') ? [movedAddress(shape)] : []),
    ...(has('control-plane') ? [silentServer(shape)] : []),
    ...(!cluster.etcd.external && has('etcd') ? [etcdElectionMs(timing)] : []),
    ...(topologyOf(cluster) === 'external-etcd' && has('etcd') ? [etcdClientMs()] : []),
  )
}

/** What pods feel of one lost machine of those between them and the API. */
const podsEntry = (shape: Shape): Span => {
  const { cluster } = shape
  if (cluster.hosted) return silentHost(shape)
  if (!podsUseBalancer(cluster)) return kubernetesServiceMs()
  // With node-local the file's endpoint is for people outside the nodes; pods do not depend on the machine that has it.
  const theirs =
    cluster.balancer === 'node-local'
      ? { ...shape, cluster: { ...cluster, endpoint: { ...cluster.endpoint, address: nodeLocalAddress } } }
      : shape
  return slowestOf(...[...controlPlanes(cluster), ...balancers(cluster)].map((one) => silentMachines(theirs, [one])))
}

const balancerRows = (shape: Shape): OutageBudget[] => {
  const { cluster, timing, balancerCount } = shape
  if (!hasVirtualIp(cluster)) return []
  const proxy = cluster.balancer === 'nginx-keepalived' ? 'nginx' : 'haproxy'
  const frozen = balancerCount < 2 ? unbounded('no other balancer takes the address') : proxyFrozenMs(timing, balancerCount)
  const colocated = cluster.machines.filter((m) => m.roles.includes('balancer') && m.roles.includes('control-plane'))
  const holder = colocated[0] ?? balancers(cluster)[0]
  return [
    { failure: `${proxy} killed`, ...proxyKilledMs(timing, proxy === 'haproxy' && timing.name !== 'guide') },
    { failure: `${proxy} frozen`, ...frozen },
    { failure: 'keepalived killed', ...(balancerCount < 2 ? nothing('the address stays where it is') : vrrpKilledMs(timing)) },
    { failure: 'virtual-IP holder loses power', ...(holder ? silentMachines(shape, [holder]) : movedAddress(shape)) },
  ]
}

const etcdRows = (shape: Shape): OutageBudget[] => {
  const { cluster } = shape
  const [member] = etcdMachines(cluster)
  if (cluster.etcd.external || !member) return []
  const where = topologyOf(cluster) === 'stacked' ? 'control plane with the etcd leader' : 'machine of the etcd leader'
  return [
    { failure: 'etcd leader killed', ...lostLeader(shape) },
    { failure: `${where} loses power`, ...silentMachines(shape, [member]) },
  ]
}

/** The worst zone stands for all. */
const zoneRows = (shape: Shape): OutageBudget[] => {
  const zones = [...new Set(shape.cluster.machines.flatMap((m) => (m.zone ? [m.zone] : [])))]
  if (zones.length < 2) return []
  const spans = zones.map((zone) => ({
    zone,
    ...silentMachines(
      shape,
      shape.cluster.machines.filter((m) => m.zone === zone),
    ),
  }))
  const worst = spans.reduce((most, one) => (one.highMs > most.highMs ? one : most))
  return [{ failure: 'a zone loses power', lowMs: worst.lowMs, highMs: worst.highMs, because: worst.because }]
}

/**
 * What each kind of failure would cost, from the file alone. Gaps are those of new connections to the API unless the failure says
 * otherwise; the layers detect at the same time, so a gap is the slowest of them and not their sum.
 */
export const predictOutages = (cluster: Cluster): OutageBudget[] => {
  const timing = timingOf(cluster)
  const shape: Shape = { cluster, timing, servers: apiServerCount(cluster), balancerCount: balancers(cluster).length }
  const several = shape.servers > 1
  return [
    { failure: 'API server killed', ...killedServer(shape) },
    { failure: 'API server frozen', ...frozenServer(shape) },
    ...balancerRows(shape),
    ...etcdRows(shape),
    ...zoneRows(shape),
    ...(several ? [{ failure: 'open connections to a lost machine', ...keptConnectionMs(timing) }] : []),
    // The Service of a hosted control plane leads every pod to the proxy of its own node.
    ...(several && cluster.hosted ? [{ failure: 'node of the host cluster loses power', ...silentHost(shape) }] : []),
    ...(several ? [{ failure: 'pods asking the Service kubernetes', ...podsEntry(shape) }] : []),
    { failure: 'controller-manager killed', ...(several ? controllersTakeoverMs(timing) : apiServerRestartMs()) },
    { failure: 'scheduler killed', ...(several ? leaseTakeoverMs(timing) : apiServerRestartMs()) },
    ...(workers(cluster).length > 1 ? [{ failure: 'worker lost: Services leave it out', ...nodeNotReadyMs(timing) }] : []),
    { failure: 'worker lost: its pods elsewhere', ...podReplacementMs(timing) },
    { failure: 'DNS pod lost', ...dnsPodLostMs() },
  ]
}

/** Members that may be away at once: n - (floor(n/2)+1). */
export const etcdMargin = (cluster: Cluster): number => {
  const members = etcdMachines(cluster).length
  return members === 0 ? 0 : members - quorumOf(members)
}
