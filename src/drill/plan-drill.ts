import type { Cluster } from '../model/cluster.js'
import { Fault, fault } from '../model/problem.js'
import type { FaultSpec } from './faults/fault.js'
import { chooseFaults, type Selection } from './faults/table.js'
import type { PlannedFault } from './record.js'
import { zonesOf } from './victims.js'
import type { DrillWorld } from './world.js'

export interface DrillSelection extends Selection {
  /** How often each fault is drilled; controls once. Default 1. */
  repeat?: number
  /** Faults of whole zones only for this one. */
  zone?: string
}

export interface DrillPlan {
  steps: { spec: FaultSpec; planned: PlannedFault }[]
  leftOut: { id: string; title: string; because: string }[]
}

/**
 * What will be drilled, in order: quiet first, then the table, once for each zone where a zone is the victim; repeats in rounds, so that a
 * drill that is cut short has seen everything as often as it could; the control that must fail last. Throws Q6001 for an unknown fault, Q6304 for
 * an unknown zone.
 */
export const planDrill = (cluster: Cluster, lab: boolean, selection: DrillSelection, predict: DrillWorld['predict']): DrillPlan => {
  const { repeat = 1, zone } = selection
  const zones = zonesOf(cluster)
  if (zone !== undefined && !zones.includes(zone)) throw fault('Q6304', { cluster: cluster.name, zone, known: zones.join(', ') || 'none' })
  const { faults, leftOut, problems } = chooseFaults(cluster, lab, selection)
  if (problems.length > 0) throw new AggregateError(problems.map((one) => new Fault(one)))
  const round = (of: readonly FaultSpec[], n: number) =>
    of.flatMap((spec) =>
      (spec.victim === 'zone' ? (zone === undefined ? zones : [zone]) : [undefined]).map((where) => ({ spec, where, repeat: n })),
    )
  const own = faults.filter((one) => one.control === undefined)
  const controls = (which: FaultSpec['control']): FaultSpec[] => faults.filter((one) => one.control === which)
  const order = [
    ...round(controls('must-hold'), 1),
    ...Array.from({ length: Math.max(1, repeat) }, (_, i) => round(own, i + 1)).flat(),
    ...round(controls('must-fail'), 1),
  ]
  return {
    steps: order.map(({ spec, where, repeat: n }, i) => ({
      spec,
      planned: {
        n: i + 1,
        id: spec.id,
        title: where === undefined ? spec.title : `${spec.title}: ${where}`,
        category: spec.category,
        ...(spec.control ? { control: spec.control } : {}),
        role: where === undefined ? spec.victim : `zone ${where}`,
        ...(where === undefined ? {} : { zone: where }),
        predicted: predict(spec).headline,
        repeat: n,
      },
    })),
    leftOut: leftOut.map(({ fault: { id, title }, because }) => ({ id, title, because })),
  }
}
