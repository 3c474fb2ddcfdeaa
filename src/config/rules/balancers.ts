import { balancers, controlPlanes, hasVirtualIp } from '../../model/cluster.js'
import { doubtful, type Finding, wrong } from '../finding.js'
import { machinePath, type Rule } from './rule.js'

/** VRRP priorities run from 250 down in steps of 20, and 1 is the lowest. */
const mostBalancers = 13

export const someBalancer: Rule = ({ cluster, wire }): Finding[] => {
  if (!hasVirtualIp(cluster) || wire.spec.controlPlane?.hosted) return []
  const all = balancers(cluster)
  const [only] = all
  if (!only) return [{ ...wrong('Q1401', ['spec', wire.spec.balancer ? 'balancer' : 'machines'], { kind: cluster.balancer }), atKey: true }]
  const path = machinePath(cluster.machines.indexOf(only), 'roles')
  // The only control plane too: that is one choice, and redundancy() tells it.
  if (all.length === 1 && only.roles.includes('control-plane') && controlPlanes(cluster).length === 1) return []
  if (all.length === 1) return [doubtful('Q1402', path, { machine: only.name })]
  if (all.length <= mostBalancers) return []
  const extra = all[mostBalancers] ?? only
  return [wrong('Q1404', machinePath(cluster.machines.indexOf(extra), 'roles'), { count: all.length, most: mostBalancers })]
}

export const balancerHasUse: Rule = ({ cluster, wire }) =>
  hasVirtualIp(cluster) || wire.spec.controlPlane?.hosted
    ? []
    : cluster.machines.flatMap(({ name, roles }, i) => {
        const at = roles.indexOf('balancer')
        return at < 0 ? [] : [doubtful('Q1403', machinePath(i, 'roles', at), { name, kind: cluster.balancer })]
      })
