import { controlPlanes, etcdMachines, type MachineSpec, quorumOf, topologyOf } from '../../model/cluster.js'
import { doubtful, type Finding, wrong } from '../finding.js'
import { listed, machinePath, type Rule } from './rule.js'

const etcdGuidanceLimit = 7

export const someControlPlane: Rule = ({ cluster, wire }) =>
  controlPlanes(cluster).length > 0 || wire.spec.controlPlane?.hosted ? [] : [{ ...wrong('Q1301', ['spec', 'machines']), atKey: true }]

export const someEtcd: Rule = ({ cluster }) =>
  cluster.etcd.external || etcdMachines(cluster).length > 0 ? [] : [{ ...wrong('Q1302', ['spec', 'machines']), atKey: true }]

export const oneEtcd: Rule = ({ cluster }) => {
  const own = etcdMachines(cluster)
  if (!cluster.etcd.external || own.length === 0) return []
  return [{ ...wrong('Q1303', ['spec', 'etcd', 'external'], { machines: listed(own.map((m) => m.name)) }), atKey: true }]
}

/** Told at the roles of the last member: that is the one too many, or the one after which another is to come. */
export const oddMembers: Rule = ({ cluster }): Finding[] => {
  const members = etcdMachines(cluster)
  const last = members.at(-1)
  if (!last || cluster.etcd.external) return []
  const count = members.length
  const path = machinePath(cluster.machines.indexOf(last), 'roles')
  const quorum = quorumOf(count)
  if (count % 2 === 0) return [wrong('Q1304', path, { count, quorum, survives: count - quorum, odd: count - 1, more: count + 1 })]
  return count > etcdGuidanceLimit ? [doubtful('Q1306', path, { count, quorum })] : []
}

/** One of a kind is a choice, not a mistake; said once even where it is both kinds. */
export const redundancy: Rule = ({ cluster, wire }) => {
  const planes = wire.spec.controlPlane?.hosted ? [] : controlPlanes(cluster)
  const members = cluster.etcd.external ? [] : etcdMachines(cluster)
  const told = (only: MachineSpec, what: string, loses: string): Finding =>
    doubtful('Q1305', machinePath(cluster.machines.indexOf(only), 'roles'), {
      what,
      machine: only.name,
      loses,
      more: 'two machines with the same roles',
    })
  const [plane, member] = [planes.length === 1 ? planes[0] : undefined, members.length === 1 ? members[0] : undefined]
  if (plane && plane === member) return [told(plane, 'control plane and etcd member', 'cluster')]
  return [...(plane ? [told(plane, 'control plane', 'API')] : []), ...(member ? [told(member, 'etcd member', 'cluster')] : [])]
}

/** Stacked API servers use the member beside them (kubeadm, etcd.local), so each must have one. */
export const stackedComplete: Rule = ({ cluster }) => {
  if (etcdMachines(cluster).length === 0 || topologyOf(cluster) !== 'stacked') return []
  return cluster.machines.flatMap(({ name, roles }, i) =>
    roles.includes('control-plane') && !roles.includes('etcd') ? [wrong('Q1308', machinePath(i, 'roles'), { name })] : [],
  )
}

export const rolesOnce: Rule = ({ cluster }) =>
  cluster.machines.flatMap(({ name, roles }, i) =>
    roles.flatMap((role, j) => (roles.indexOf(role) < j ? [doubtful('Q1307', machinePath(i, 'roles', j), { name, role })] : [])),
  )
