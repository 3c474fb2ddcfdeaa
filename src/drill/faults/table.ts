import type { Cluster } from '../../model/cluster.js'
import { type Problem, problem } from '../../model/problem.js'
import { controls } from './control.js'
import type { FaultSpec } from './fault.js'
import { machineFaults } from './machine.js'
import { networkFaults } from './network.js'
import { processFaults } from './process.js'
import { storageFaults } from './storage.js'

/** Every fault that a drill knows, the controls around them: first that quiet is quiet, last that a real outage is caught. */
export const faultTable: readonly FaultSpec[] = [
  ...controls.filter((one) => one.control === 'must-hold'),
  ...processFaults,
  ...networkFaults,
  ...storageFaults,
  ...machineFaults,
  ...controls.filter((one) => one.control === 'must-fail'),
]

/** At least one of each kind, in a few minutes. */
export const quickFaults: readonly string[] = [
  'no-fault',
  'etcd-leader-kill',
  'apiserver-freeze',
  'proxy-kill',
  'keepalived-stop',
  'control-plane-isolated',
  'etcd-wiped',
  'holder-power',
  'quorum-lost',
]

export interface Selection {
  profile?: 'quick' | 'full'
  /** Ids or categories; the controls come along, since nothing is proven without them. */
  only?: readonly string[]
}

export interface Chosen {
  faults: FaultSpec[]
  /** Faults that were left out, and why: a report must not read as if they had been drilled. */
  leftOut: { fault: FaultSpec; because: string }[]
  problems: Problem[]
}

/** The faults of one drill. `lab` tells whether machines can be acted on from outside. Q6001 for a name that no fault bears. */
export const chooseFaults = (cluster: Cluster, lab: boolean, { profile = 'full', only }: Selection): Chosen => {
  const problems = (only ?? [])
    .filter((name) => !faultTable.some((one) => one.id === name || one.category === name))
    .map((name) => problem('Q6001', { name }))
  const named = (one: FaultSpec): boolean =>
    only && only.length > 0
      ? only.some((name) => one.id === name || one.category === name)
      : profile === 'full' || quickFaults.includes(one.id)
  const chosen: Chosen = { faults: [], leftOut: [], problems }
  for (const fault of faultTable) {
    if (!named(fault) && fault.control === undefined) continue
    if (!fault.applies(cluster)) chosen.leftOut.push({ fault, because: 'this cluster has nothing that it could break' })
    else if (fault.labOnly && !lab) chosen.leftOut.push({ fault, because: 'only machines made by quorate can be acted on from outside' })
    else chosen.faults.push(fault)
  }
  return chosen
}
