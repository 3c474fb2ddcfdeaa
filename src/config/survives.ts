import {
  balancers,
  type Cluster,
  controlPlanes,
  etcdMachines,
  hasVirtualIp,
  type MachineSpec,
  nodes,
  quorumOf,
  workers,
} from '../model/cluster.js'

export interface Survival {
  unit: 'machine' | 'zone'
  survives: boolean
  /** What of the cluster ends with which machine or zone, in the order of the file; empty where it survives. */
  loses: { name: string; what: string }[]
}

/** What users would miss for as long as these machines are away, worst first. Empty = they go on. Minutes until pods move are not counted. */
export const lostWith = (cluster: Cluster, gone: readonly MachineSpec[]): string[] => {
  const left = (machines: readonly MachineSpec[]): number => machines.filter((m) => !gone.includes(m)).length
  const members = cluster.etcd.external ? [] : etcdMachines(cluster)
  const what: string[] = []
  if (members.length > 0 && left(members) < quorumOf(members.length)) {
    what.push(`the majority of etcd: ${left(members)} of ${members.length} members are left, ${quorumOf(members.length)} are needed`)
  }
  if (!cluster.hosted && left(controlPlanes(cluster)) === 0) what.push('every API server')
  if (hasVirtualIp(cluster) && left(balancers(cluster)) === 0) what.push('every balancer, so the API cannot be reached')
  if (left(workers(cluster).length > 0 ? workers(cluster) : nodes(cluster)) === 0) what.push('every node that runs pods')
  const server = cluster.balancer === 'node-local' && !cluster.hosted ? gone.find((m) => m.address === cluster.endpoint.address) : undefined
  if (server && what.length === 0) what.push(`the endpoint ${cluster.endpoint.address}, for clients outside the nodes`)
  return what
}

/**
 * Whether users go on when any one machine, or any one zone, is away: computed from the file, before anything is built. A cluster whose
 * machines have no zones survives none, as far as the file tells.
 */
export const survivesLoss = (cluster: Cluster, unit: 'machine' | 'zone'): Survival => {
  const groups = new Map<string, MachineSpec[]>()
  for (const m of cluster.machines) {
    const name = unit === 'machine' ? m.name : m.zone
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), m])
  }
  const loses = [...groups].flatMap(([name, gone]) =>
    lostWith(cluster, gone)
      .slice(0, 1)
      .map((what) => ({ name, what })),
  )
  const told = unit === 'machine' || cluster.machines.every((m) => m.zone !== undefined)
  return { unit, survives: told && loses.length === 0, loses }
}
