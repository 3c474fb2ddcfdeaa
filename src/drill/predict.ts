import {
  apiServerRestartMs,
  apiServerStoppedMs,
  backendDetectMs,
  backendFrozenMs,
  backendRefusedMs,
  carrierLostMs,
  doorShutMs,
  kubernetesServiceMs,
  usedTooEarlyMs,
  withoutStoreMs,
} from '../config/outage/api-server.js'
import { controllersTakeoverMs, dnsPodLostMs, leaseTakeoverMs } from '../config/outage/cluster-parts.js'
import { etcdElectionMs, etcdHandOverMs } from '../config/outage/etcd.js'
import { inTurn, nothing, type Span, slowestOf, span, unbounded } from '../config/outage/span.js'
import {
  proxyFrozenMs,
  proxyKilledMs,
  proxyStoppedMs,
  virtualIpClaimedMs,
  virtualIpHandOverMs,
  virtualIpMoveMs,
  vrrpKilledMs,
} from '../config/outage/virtual-ip.js'
import { timingOf } from '../config/timing.js'
import { apiServerCount, balancers, type Cluster, hasVirtualIp, podsUseBalancer, topologyOf } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import type { Prediction } from '../report/drill-report.js'
import type { FaultSpec, PredictionKey } from './faults/fault.js'
import { proxyOf } from './faults/what-is-lost.js'

/** Machines boot, members find each other, API servers start: as much of it as is not timing of ours. Measured on two cores: 20 to 40 s. */
const coldStart = span(10_000, 120_000, 'all machines boot and find each other, in any order')

/** On a machine that goes away cleanly, kubelet and systemd end things one after another, and its kernel answers to the end: refused, not silent. */
const stoppedServer = (t: Timing): Span => slowestOf(apiServerStoppedMs(t), backendRefusedMs(t))

/** What a server that accepts and does not answer costs, by a proxy that checks it; requests that were sent there wait for the client's own patience. */
const unanswered = (proxy: string | undefined, seen: Span): Span =>
  proxy === 'nginx' ? unbounded('nginx sees only failed connections, not unanswered ones') : seen

/** A server that is gone and comes back: a proxy that checks it waits until it is ready. */
const returning = (proxy: string | undefined, gone: Span): Span => (proxy === 'nginx' ? slowestOf(gone, usedTooEarlyMs()) : gone)

/** Frozen, so that its kernel accepts what nobody answers. */
const frozenServer = (t: Timing, proxy: string | undefined): Span => unanswered(proxy, backendFrozenMs(t))

/** An API server that cannot reach its member, or whose member serves nobody and yet answers, accepts everything until /readyz tells. */
const serverWithoutStore = (t: Timing, proxy: string | undefined): Span => unanswered(proxy, withoutStoreMs(t))

/** Stacked, an API server whose member ended or stands still: its machine refuses connections, which every proxy sees. */
const serverWithoutMember = (t: Timing, proxy: string | undefined): Span =>
  t.etcd.silentMs > 0 ? doorShutMs(t) : serverWithoutStore(t, proxy)

/** What new connections to the endpoint feel at most, by what is lost. */
const spanOf = (key: PredictionKey, cluster: Cluster): Span => {
  const t = timingOf(cluster)
  const proxy = proxyOf(cluster)
  const several = apiServerCount(cluster) > 1
  const standbys = balancers(cluster).length
  const stacked = topologyOf(cluster) === 'stacked'
  const address = (move: (timing: Timing, count?: number) => Span): Span =>
    standbys < 2 ? unbounded('no other balancer takes the address') : move(t, standbys)
  /** Stacked, an API server without its member is taken out of use like a frozen one; apart, it goes on with the others. */
  const withElection = (server: Span): Span => (stacked ? slowestOf(etcdElectionMs(t), server) : etcdElectionMs(t))
  switch (key) {
    case 'nothing':
      return nothing('what new connections need is not touched')
    case 'leases':
      return several ? leaseTakeoverMs(t) : apiServerRestartMs()
    case 'controllers':
      return several ? controllersTakeoverMs(t) : apiServerRestartMs()
    case 'api-server-killed':
      return several ? returning(proxy, backendRefusedMs(t)) : apiServerRestartMs()
    case 'api-server-stopped':
      return several ? returning(proxy, apiServerStoppedMs(t)) : apiServerRestartMs()
    case 'api-server-frozen':
      return several ? frozenServer(t, proxy) : unbounded('there is no other')
    case 'api-server-without-store':
      // It accepts, and /readyz is what tells.
      return several ? serverWithoutStore(t, proxy) : unbounded('there is no other')
    case 'proxy-killed':
      return proxyKilledMs(t, proxy === 'haproxy' && t.name !== 'guide')
    case 'proxy-frozen':
      return address(proxyFrozenMs)
    case 'proxy-stopped':
      return address(proxyStoppedMs)
    case 'vrrp-killed':
      return vrrpKilledMs(t)
    case 'vrrp-stopped':
      return address(virtualIpHandOverMs)
    case 'etcd-leader-lost':
      return withElection(several ? serverWithoutMember(t, proxy) : unbounded('there is no other'))
    case 'etcd-leader-stuck':
      return withElection(several ? serverWithoutStore(t, proxy) : unbounded('there is no other'))
    case 'etcd-leader-moved':
      return stacked ? slowestOf(etcdHandOverMs(t), stoppedServer(t)) : etcdHandOverMs(t)
    case 'etcd-leader-stopped':
      // The API server beside it has lost its member all the same.
      return stacked ? slowestOf(etcdHandOverMs(t), serverWithoutMember(t, proxy)) : etcdHandOverMs(t)
    case 'etcd-follower-lost':
      return stacked ? serverWithoutMember(t, proxy) : nothing('API servers go on with the other members')
    case 'holder-lost':
      return colocated(cluster) ? slowestOf(address(virtualIpMoveMs), withElection(backendDetectMs(t))) : address(virtualIpMoveMs)
    case 'address-claimed':
      return virtualIpClaimedMs(t)
    case 'holder-stopped':
      return colocated(cluster)
        ? slowestOf(address(virtualIpHandOverMs), stoppedServer(t), etcdHandOverMs(t))
        : inTurn(address(virtualIpHandOverMs), backendRefusedMs(t), 'handed over, only the VRRP skew is waited for')
    case 'control-plane-lost':
      return colocated(cluster) ? slowestOf(address(virtualIpMoveMs), withElection(backendDetectMs(t))) : withElection(backendDetectMs(t))
    case 'control-plane-stopped':
      return slowestOf(stoppedServer(t), stacked ? serverWithoutMember(t, proxy) : nothing(''), etcdElectionMs(t))
    case 'carrier-lost':
      return several ? carrierLostMs(t, cluster.hosted) : unbounded('there is no other')
    case 'zone-lost':
      return slowestOf(
        ...(hasVirtualIp(cluster) ? [address(virtualIpMoveMs)] : []),
        ...(cluster.hosted ? [carrierLostMs(t, cluster.hosted)] : []),
        withElection(backendDetectMs(t)),
      )
    case 'pods-entry':
      return podsUseBalancer(cluster) ? spanOf('control-plane-lost', cluster) : kubernetesServiceMs()
    case 'dns-pod-lost':
      return dnsPodLostMs()
    case 'cold-start':
      return coldStart
    case 'unbounded':
      return unbounded('nothing stands in for it')
  }
}

const colocated = (cluster: Cluster): boolean =>
  hasVirtualIp(cluster) && cluster.machines.some((m) => m.roles.includes('balancer') && m.roles.includes('control-plane'))

const formulaOf = ({ lowMs, highMs, because }: Span): string =>
  highMs === 0 ? because : Number.isFinite(highMs) ? `${lowMs} to ${highMs} ms: ${because}` : because

/** JSON has no Infinity: null = no bound is claimed. */
const boundOf = ({ highMs }: Span): number | null => (Number.isFinite(highMs) ? highMs : null)

/** What one kind of loss costs the clients of one class at most, from the cluster's file alone. */
export const predict = (key: PredictionKey, cluster: Cluster, probe = 'new connection'): Prediction => {
  const found = spanOf(key, cluster)
  return { probe, worstMs: boundOf(found), formula: formulaOf(found) }
}

/** The prediction of a fault, and the limits of other classes than its headline, by class. */
export const predictFault = (spec: FaultSpec, cluster: Cluster): { headline: Prediction; budgets: Record<string, number | null> } => ({
  headline: predict(spec.predicted, cluster, spec.expects.headline),
  budgets: Object.fromEntries(Object.entries(spec.expects.also ?? {}).map(([probe, key]) => [probe, boundOf(spanOf(key, cluster))])),
})
