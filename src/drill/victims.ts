import { balancers, type Cluster, etcdMachines, type MachineSpec, quorumOf, workers } from '../model/cluster.js'
import type { VictimRole } from './faults/fault.js'

/** Who plays which role right now. Absent = nobody, or it could not be seen. Names of machines. */
export interface Roles {
  etcdLeader?: string
  virtualIpHolder?: string
  controllerManager?: string
  scheduler?: string
  /** API server that most connections through the endpoint lead to. */
  apiServer?: string
  /** Machines on which an API server of this cluster runs. */
  apiServers: string[]
  /** Nodes on which CoreDNS runs. */
  dns: string[]
}

export interface Victims {
  /** The role in words, with the zone where it is one. */
  role: string
  machines: MachineSpec[]
}

type Pick = (from: readonly MachineSpec[]) => MachineSpec | undefined

const named = (cluster: Cluster, name: string | undefined): MachineSpec | undefined =>
  name === undefined ? undefined : cluster.machines.find((m) => m.name === name)

const some = (machine: MachineSpec | undefined): MachineSpec[] => (machine ? [machine] : [])

const find = (role: VictimRole, cluster: Cluster, roles: Roles, pick: Pick): MachineSpec[] => {
  const members = etcdMachines(cluster)
  const leader = named(cluster, roles.etcdLeader)
  const followers = members.filter((m) => m.name !== roles.etcdLeader)
  const servers = roles.apiServers.flatMap((name) => some(named(cluster, name)))
  const served = named(cluster, roles.apiServer)
  switch (role) {
    case 'nothing':
    case 'zone':
      return []
    case 'etcd leader':
      return some(leader)
    case 'etcd follower':
      return leader ? some(pick(followers)) : []
    case 'etcd leader and a follower':
      return leader && followers.length > 0 ? [leader, ...some(pick(followers))] : []
    case 'as many etcd members as quorum cannot spare': {
      const enough = members.length - quorumOf(members.length) + 1
      return leader ? [leader, ...followers].slice(0, enough) : []
    }
    case 'API server behind the endpoint':
      return some(served ?? pick(servers))
    case 'another API server':
      return some(pick(servers.filter((m) => m.name !== (served ?? servers[0])?.name)))
    case 'API server with an etcd of its own':
      return some(served ?? pick(servers))
    case 'controller-manager leader':
      return some(named(cluster, roles.controllerManager))
    case 'scheduler leader':
      return some(named(cluster, roles.scheduler))
    case 'virtual IP holder':
      return some(named(cluster, roles.virtualIpHolder))
    case 'every balancer':
      return balancers(cluster)
    case 'machine that is no balancer': {
      const strangers = cluster.machines.filter((m) => !m.roles.includes('balancer'))
      // One without an API server does the most harm: nobody listens there.
      const idle = strangers.filter((m) => !m.roles.includes('control-plane'))
      return some(pick(idle.length > 0 ? idle : strangers))
    }
    case 'worker':
      return some(pick(workers(cluster)))
    case 'every worker':
      return workers(cluster)
    case 'one machine with CoreDNS':
      return some(pick(roles.dns.flatMap((name) => some(named(cluster, name)))))
    case 'every machine with CoreDNS':
      return [...new Set(roles.dns)].flatMap((name) => some(named(cluster, name)))
    case 'every machine':
      return cluster.machines
  }
}

/**
 * The machines that a fault hits, by what they do now. `random` gives numbers from 0 to 1. With `zone`, all machines of that zone.
 * No machine where nobody plays the role, or it could not be seen who does.
 */
export const findVictims = (role: VictimRole, cluster: Cluster, roles: Roles, random: () => number, zone?: string): Victims => {
  if (role === 'zone')
    return { role: `zone ${zone ?? ''}`.trim(), machines: zone === undefined ? [] : cluster.machines.filter((m) => m.zone === zone) }
  const pick: Pick = (from) => from[Math.min(from.length - 1, Math.floor(random() * from.length))]
  return { role, machines: [...find(role, cluster, roles, pick)] }
}

/** Each zone is a failure domain of its own, so a fault of zones is drilled once for each. */
export const zonesOf = (cluster: Cluster): string[] => [...new Set(cluster.machines.flatMap((m) => (m.zone ? [m.zone] : [])))].sort()
