import { type Cluster, hasVirtualIp, type MachineSpec } from '../model/cluster.js'
import { apiDoorUnit } from '../render/api-door.js'
import { proxyPlace } from '../render/endpoint.js'
import type { ManagedFile } from '../render/managed-file.js'
import type { Turn } from './context.js'
import { stampPath } from './stamp.js'

/** What stands between clients and the API servers, as units; those that another kind of balancer leaves behind are stopped. */
const entryUnits = ['haproxy.service', 'nginx.service', 'keepalived.service']

/** Units whose state decides whether a step is done. */
export const managedUnits = [
  ...entryUnits,
  'etcd.service',
  'containerd.service',
  'kubelet.service',
  'quorate-network.service',
  'quorate-api.socket',
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

/**
 * Units that were to be told about a changed file and may not have been, none if none of them runs: written before the files,
 * removed after the last was told. Without it, a kill between the two would leave a program on its old configuration, and nobody would see a
 * difference any more.
 */
export const pendingPath = stampPath('pending-units')

export type UnitAction = 'restart' | 'reload'

/** One action for each unit whose files changed: a restart reads everything again, so it stands for a reload too. */
export const unitActions = (changed: readonly Pick<ManagedFile, 'unit' | 'action'>[]): Map<string, UnitAction> => {
  const actions = new Map<string, UnitAction>()
  for (const { unit, action = 'restart' } of changed) {
    if (unit && actions.get(unit) !== 'restart') actions.set(unit, action)
  }
  return actions
}

export const formatPending = (actions: ReadonlyMap<string, UnitAction>): string =>
  [...actions].map(([unit, action]) => `${unit} ${action}\n`).join('')

export const parsePending = (text: string): { unit: string; action: UnitAction }[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [unit = '', action] = line.split(' ')
      return { unit, action: action === 'reload' ? 'reload' : 'restart' }
    })

/** Whose turn is needed before a unit is told: of the entry, and of the members of etcd, one machine at a time. */
export const turnOf = (unit: string): Turn | undefined => {
  if (unit === 'etcd.service') return 'etcd'
  return entryUnits.includes(unit) || unit === 'quorate-api.socket' ? 'entry' : undefined
}
