import { apiServerCount, type Cluster, etcdMachines, hasVirtualIp, type MachineSpec, topologyOf, workers } from '../../model/cluster.js'
import type { Domain } from '../../report/drill-report.js'

/** Parts whose loss is drilled apart from whole machines. */
export type Component =
  | 'etcd member'
  | 'API server'
  | 'controller-manager'
  | 'scheduler'
  | 'haproxy'
  | 'nginx'
  | 'keepalived'
  | 'kubelet'
  | 'containerd'
  | 'kube-proxy'
  | 'CoreDNS'

/** The proxy in front of the API servers; undefined when somebody else's stands there. */
export const proxyOf = (cluster: Cluster): 'haproxy' | 'nginx' | undefined =>
  cluster.balancer === 'external' ? undefined : cluster.balancer === 'nginx-keepalived' ? 'nginx' : 'haproxy'

/** What this cluster has of them, with quorate in charge of it. */
export const componentsOf = (cluster: Cluster): Component[] => {
  const proxy = proxyOf(cluster)
  return [
    ...(cluster.etcd.external ? [] : (['etcd member'] as const)),
    'API server',
    'controller-manager',
    'scheduler',
    ...(proxy && hasVirtualIp(cluster) ? [proxy, 'keepalived' as const] : []),
    'kubelet',
    'containerd',
    'kube-proxy',
    'CoreDNS',
  ]
}

export const nothing = (): Domain[] => []
export const component =
  (name: Component): (() => Domain[]) =>
  () => [{ kind: 'component', name }]
export const proxyComponent = (_: readonly MachineSpec[], cluster: Cluster): Domain[] => [
  { kind: 'component', name: proxyOf(cluster) ?? 'haproxy' },
]
export const wholeMachines = (victims: readonly MachineSpec[]): Domain[] => victims.map(({ name }) => ({ kind: 'machine', name }))

/** Zones of which every machine is among the victims. */
export const wholeZones = (victims: readonly MachineSpec[], cluster: Cluster): Domain[] => {
  const zones = [...new Set(victims.flatMap((m) => (m.zone ? [m.zone] : [])))]
  const lost = (zone: string): boolean => cluster.machines.every((m) => m.zone !== zone || victims.some((v) => v.name === m.name))
  return [...zones.filter(lost).map((name): Domain => ({ kind: 'zone', name })), ...wholeMachines(victims)]
}

export const always = (): boolean => true
export const withVirtualIp = (cluster: Cluster): boolean => hasVirtualIp(cluster)
export const withOwnEtcd = (cluster: Cluster): boolean => topologyOf(cluster) !== 'user-etcd'
/** A majority is left when one is lost. */
export const withEtcdMajority = (cluster: Cluster): boolean => withOwnEtcd(cluster) && etcdMachines(cluster).length >= 3
export const withServers = (cluster: Cluster): boolean => apiServerCount(cluster) >= 2
/** The control plane is carried by nodes of another cluster. */
export const withHost = (cluster: Cluster): boolean => cluster.hosted !== undefined && apiServerCount(cluster) >= 2
export const withWorkers = (cluster: Cluster): boolean => workers(cluster).length > 0
export const withZones = (cluster: Cluster): boolean => new Set(cluster.machines.map((m) => m.zone)).size > 1
