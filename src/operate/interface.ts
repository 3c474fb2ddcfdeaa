import type { Cluster } from '../model/cluster.js'
import type { MachineFacts } from '../model/observed.js'

/** The interface of a host that carries its address of the file: the virtual IP must sit there, not on the first one (a NAT card, a bridge). */
export const interfaceOf = (facts: MachineFacts, cluster: Cluster, otherwise: string): string => {
  const address = cluster.machines.find((m) => m.name === facts.machine)?.address
  const found = Object.entries(facts.addresses).find(([, list]) => list.some((one) => one.split('/')[0] === address))
  return found?.[0] ?? otherwise
}
