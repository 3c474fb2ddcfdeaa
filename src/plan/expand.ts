import type { Cluster } from '../model/cluster.js'
import type { Lane, Risk } from '../model/plan.js'
import type { Phase, Stage } from './phases.js'

/** A phase on one machine (or on the cluster), before anybody has looked whether it is done. */
export interface Slot {
  /** `phase` or `phase/machine`. */
  id: string
  phase: string
  stage: string
  title: string
  machine?: string
  needs: string[]
  lane: Lane
  risk: Risk
  awaits: boolean
}

const machinesOf = (phase: Phase, cluster: Cluster): (string | undefined)[] =>
  phase.on === 'cluster' ? [undefined] : phase.on(cluster).map((m) => m.name)

const slotId = (phase: string, machine: string | undefined): string => (machine === undefined ? phase : `${phase}/${machine}`)

/**
 * The tree of phases spread over the machines of one cluster, in an order in which nothing stands before what it needs.
 * A need of a phase that this cluster has no use for, or that the same machine does not have, is dropped. Throws on a cycle.
 */
export const expand = (cluster: Cluster, stages: readonly Stage[]): Slot[] => {
  const applied = stages.flatMap((stage) => stage.phases.filter((p) => p.applies?.(cluster) ?? true).map((phase) => ({ stage, phase })))
  const placed = new Map(applied.map(({ phase }) => [phase.id, machinesOf(phase, cluster)]))
  const slots = applied.flatMap(({ stage, phase }) =>
    (placed.get(phase.id) ?? []).map((machine): Slot => {
      const needs = phase.needs.flatMap((need) => {
        const on = placed.get(need.phase) ?? []
        if (need.of === 'all') return on.map((m) => slotId(need.phase, m))
        return on.includes(machine) ? [slotId(need.phase, machine)] : []
      })
      const base = {
        id: slotId(phase.id, machine),
        phase: phase.id,
        stage: stage.id,
        title: phase.title,
        needs,
        lane: phase.lane,
        risk: phase.risk,
        awaits: phase.awaits,
      }
      return machine === undefined ? base : { ...base, machine }
    }),
  )
  return inOrder(slots)
}

/** Kahn's algorithm, keeping the given order among those that are free: stable, O(steps + needs). */
export const inOrder = <T extends { id: string; needs: readonly string[] }>(slots: readonly T[]): T[] => {
  const open = new Map(slots.map((s) => [s.id, s.needs.length]))
  const waiting = new Map<string, T[]>()
  for (const slot of slots) {
    for (const need of slot.needs) {
      if (!open.has(need)) throw new Error(`step ${slot.id} needs ${need}, which does not exist`)
      const list = waiting.get(need)
      if (list) list.push(slot)
      else waiting.set(need, [slot])
    }
  }
  const ready = slots.filter((s) => s.needs.length === 0)
  const ordered: T[] = []
  for (let at = 0; at < ready.length; at++) {
    const slot = ready[at] as T
    ordered.push(slot)
    for (const next of waiting.get(slot.id) ?? []) {
      const left = (open.get(next.id) ?? 0) - 1
      open.set(next.id, left)
      if (left === 0) ready.push(next)
    }
  }
  if (ordered.length < slots.length) {
    const stuck = slots.filter((s) => !ordered.includes(s)).map((s) => s.id)
    throw new Error(`steps wait for each other: ${stuck.join(', ')}`)
  }
  return ordered
}
