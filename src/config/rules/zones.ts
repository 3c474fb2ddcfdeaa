import {
  balancers,
  type Cluster,
  controlPlanes,
  etcdMachines,
  hasVirtualIp,
  type MachineSpec,
  quorumOf,
  workers,
} from '../../model/cluster.js'
import { doubtful, type Finding } from '../finding.js'
import { listed, machinePath, type Rule } from './rule.js'

const zonesOf = (machines: readonly MachineSpec[]): string[] => [...new Set(machines.flatMap((m) => (m.zone ? [m.zone] : [])))]

const zonePath = (cluster: Cluster, machine: MachineSpec) => machinePath(cluster.machines.indexOf(machine), 'zone')

export const zonesComplete: Rule = ({ cluster }) => {
  const without = cluster.machines.filter((m) => m.zone === undefined)
  const [first] = without
  if (!first || without.length === cluster.machines.length) return []
  const data = { machines: listed(without.map((m) => m.name)), have: without.length === 1 ? 'has' : 'have' }
  return [doubtful('Q1503', machinePath(cluster.machines.indexOf(first)), data)]
}

/** Where the file has a single zone, that is the one thing to say. */
export const severalZones: Rule = ({ cluster }) => {
  const [zone, ...more] = zonesOf(cluster.machines)
  const [first, second] = cluster.machines
  if (!zone || !first || !second || more.length > 0 || cluster.machines.some((m) => m.zone === undefined)) return []
  return [doubtful('Q1504', zonePath(cluster, first), { count: cluster.machines.length, zone })]
}

/** All machines of one kind in one zone, though there are more. One of a kind is told by other rules. */
export const kindsSpread: Rule = ({ cluster }) => {
  const zones = zonesOf(cluster.machines)
  if (zones.length < 2) return []
  const kinds: [MachineSpec[], string, string][] = [
    [hasVirtualIp(cluster) ? balancers(cluster) : [], 'balancers', 'endpoint'],
    [controlPlanes(cluster), 'control planes', 'API'],
    [cluster.etcd.external ? [] : etcdMachines(cluster), 'etcd members', 'cluster'],
    [workers(cluster), 'workers', 'programs that run on them'],
  ]
  const told = new Set<string>()
  return kinds.flatMap(([machines, what, loses]): Finding[] => {
    const [zone, ...more] = zonesOf(machines)
    const last = machines.at(-1)
    if (!zone || !last || machines.length < 2 || more.length > 0 || machines.some((m) => m.zone !== zone)) return []
    // Stacked members and balancers are the same machines as the control planes: told once, by what comes first.
    const same = machines.map((m) => m.name).join()
    if (told.has(same)) return []
    told.add(same)
    const others = listed(
      zones.filter((one) => one !== zone),
      'or',
    )
    return [
      doubtful('Q1501', zonePath(cluster, last), {
        count: machines.length === 2 ? 'both' : `all ${machines.length}`,
        what,
        zone,
        loses,
        zones: others,
      }),
    ]
  })
}

/** A zone with the majority of votes, though other zones have members. */
export const membersSpread: Rule = ({ cluster }) => {
  const members = cluster.etcd.external ? [] : etcdMachines(cluster)
  if (members.length < 3 || members.length % 2 === 0) return []
  const zones = zonesOf(members)
  const all = zonesOf(cluster.machines)
  const quorum = quorumOf(members.length)
  return zones.flatMap((zone): Finding[] => {
    const inside = members.filter((m) => m.zone === zone)
    const left = members.length - inside.length
    const last = inside.at(-1)
    if (!last || zones.length < 2 || left >= quorum) return []
    const how =
      all.length > 2
        ? `move ${last.name} to another zone: ${listed(
            all.filter((one) => one !== zone),
            'or',
          )}`
        : 'spread the members over three zones; with two, one of them always holds the majority'
    return [doubtful('Q1502', zonePath(cluster, last), { count: inside.length, all: members.length, zone, left, quorum, how })]
  })
}
