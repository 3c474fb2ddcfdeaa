import { type Cluster, hasVirtualIp, type MachineSpec } from '../model/cluster.js'
import { apiDoorUnit } from '../render/api-door.js'
import { proxyPlace } from '../render/endpoint.js'
import { heldSocket } from '../render/held-socket.js'
import type { ManagedFile } from '../render/managed-file.js'
import type { Turn } from './context.js'

/** What stands between clients and the API servers, as units; those that another kind of balancer leaves behind are stopped. */
const entryUnits = ['haproxy.service', 'nginx.service', 'keepalived.service']

/** Units whose state decides whether a step is done. */
export const managedUnits = [
  ...entryUnits,
  'etcd.service',
  'containerd.service',
  'kubelet.service',
  'quorate-network.service',
  heldSocket,
  apiDoorUnit,
]

/** The units of the entry to the API on one machine, in the order in which they start: a check of keepalived must find its proxy listening. */
export const entryUnitsOf = (cluster: Cluster, machine: MachineSpec): string[] => {
  if (!proxyPlace(cluster, machine)) return []
  const proxy = cluster.balancer === 'nginx-keepalived' ? 'nginx.service' : 'haproxy.service'
  return hasVirtualIp(cluster) ? [proxy, 'keepalived.service'] : [proxy]
}

/** States of units that a command has just started, as facts tell them. */
export const activeUnits = (units: readonly string[]): Record<string, string> => Object.fromEntries(units.map((unit) => [unit, 'active']))

/** What runs here although this cluster has no use for it any more. */
export const leftoverUnits = (cluster: Cluster, machine: MachineSpec, units: Readonly<Record<string, string>>): string[] => {
  const wanted = entryUnitsOf(cluster, machine)
  return entryUnits.filter((unit) => !wanted.includes(unit) && units[unit] === 'active')
}

export type UnitAction = 'restart' | 'reload'

/** One action for each unit whose files changed: a restart reads everything again, so it stands for a reload too. */
export const unitActions = (changed: readonly Pick<ManagedFile, 'unit' | 'action'>[]): Map<string, UnitAction> => {
  const actions = new Map<string, UnitAction>()
  for (const { unit, action = 'restart' } of changed) {
    if (unit && actions.get(unit) !== 'restart') actions.set(unit, action)
  }
  return actions
}

/** Does clients' way to the API go through it? */
export const isOfEntry = (unit: string): boolean => entryUnits.includes(unit) || unit === heldSocket

/** Whose turn is needed before a unit is told: of the entry, and of the members of etcd, one machine at a time. */
export const turnOf = (unit: string): Turn | undefined => {
  if (unit === 'etcd.service') return 'etcd'
  return isOfEntry(unit) ? 'entry' : undefined
}
