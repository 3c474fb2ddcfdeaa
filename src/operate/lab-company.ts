import { validateTogether } from '../config/neighbours.js'
import { guestsOf } from '../lab/lab.js'
import type { Cluster } from '../model/cluster.js'
import { Fault } from '../model/problem.js'
import { readAppliedCluster } from './session.js'
import { stateRoot } from './state.js'

/** Clusters that were brought up on the network of the same lab: a host with its guests, a guest with the others. */
const company = async (cluster: Cluster): Promise<Cluster[]> => {
  const names = (await guestsOf(cluster.hosted?.host.name ?? cluster.name, stateRoot())).filter((name) => name !== cluster.name)
  return (await Promise.all(names.map(readAppliedCluster))).flatMap((one) => (one ? [one] : []))
}

/** Throws what speaks against this cluster on one network with those that are there, all problems together, before anything is changed. */
export const refuseBadCompany = async (cluster: Cluster): Promise<void> => {
  const others = await company(cluster)
  const found = validateTogether([...others, cluster]).filter((one) => one.cluster === others.length && one.problem.severity === 'error')
  if (found.length > 0) throw new AggregateError(found.map((one) => new Fault(one.problem)))
}
