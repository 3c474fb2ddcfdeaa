import type { MachineSpec } from '../../model/cluster.js'
import { fault } from '../../model/problem.js'
import type { FaultSpec } from '../faults/fault.js'
import { type Ground, siteOf } from '../ground.js'
import { randomOf } from '../random.js'
import { monotonicMs } from '../samples.js'
import { faultId } from '../scripts/prelude.js'
import type { FaultInHand } from '../world.js'
import { type Sighting, together } from './await-proof.js'
import { fromOutside } from './from-outside.js'
import { type OnMachine, onMachine } from './on-machine.js'
import { onHostReboot } from './reboot-host.js'

/** One fault on its victims. Call the verbs in this order; `undo` may be called at any time, also after a failure of the ones before it, and again. */
export interface OpenFault extends FaultInHand {
  readonly id: string
  readonly victims: readonly MachineSpec[]
  /** Lays out what is not part of the fault and arms the undo on each victim; `undoAfterMs` counts from its end. Before the baseline is measured. */
  prepare(): Promise<void>
  /** Breaks all victims at once. Resolves with the moment of the order. */
  inject(): Promise<{ atMs: number }>
  /** Resolves once the fault is seen in force on every victim, or with what was seen last after `deadlineMs`. */
  awaitEffect(deadlineMs: number): Promise<Sighting>
  /** Mends all victims. Resolves with the moment of the order. */
  undo(): Promise<{ atMs: number }>
  /** Resolves once the fault is seen gone on every victim; nothing of it is left then. Or with what was seen last after `deadlineMs`. */
  awaitUndone(deadlineMs: number): Promise<Sighting>
}

export interface OpenFaultOptions extends Ground {
  /** Unique among faults that may be open at the same time: lower-case letters, digits and dashes, at most 41. */
  id: string
  /** The fault ends by itself this long after it was prepared, whatever became of quorate. */
  undoAfterMs: number
  /** Stops making the fault; never stops mending it. */
  signal?: AbortSignal
  /** Order of a cold start. */
  random?: () => number
}

/** One part of making a fault, and whose part it is, for words. */
interface Part extends OnMachine {
  name: string
}

const named = (victims: readonly MachineSpec[]): string => victims.map((m) => m.name).join(', ')

const partsOf = (spec: FaultSpec, victims: readonly MachineSpec[], options: OpenFaultOptions): Part[] => {
  const { cluster, fleet, lab, id, undoAfterMs, signal } = options
  const common = { id, title: spec.title, undoAfterMs, ...(signal ? { signal } : {}) }
  const { mechanism } = spec
  switch (mechanism.kind) {
    case 'nothing':
      return []
    case 'scripts':
      return victims.map((machine) => ({
        name: machine.name,
        ...onMachine(fleet.machine(machine.name), mechanism.on({ cluster, machine, victims, id }), common),
      }))
    default:
      if (lab) {
        const random = options.random ?? randomOf(Date.now())
        const sites = [...new Set(victims.map((m) => siteOf(options, m.name)))]
        return sites.map(({ cluster, fleet, lab: own = lab }) => {
          const machines = victims.filter((m) => cluster.machines.some(({ name }) => name === m.name))
          return { name: named(machines), ...fromOutside({ ...common, kind: mechanism.kind, machines, cluster, fleet, lab: own, random }) }
        })
      }
      if (mechanism.kind !== 'reboot') throw fault('Q6015', { fault: spec.title })
      return victims.map((machine) => ({ name: machine.name, ...onHostReboot(fleet.machine(machine.name), common) }))
  }
}

/**
 * A fault of the table, ready to be made on these victims. Nothing is touched yet. Throws Fault Q6015 when it can be made only on machines of a lab.
 * Faults of the verbs: Q6010 not prepared, Q6011 not made, Q6013 not undone.
 */
export const openFault = async (spec: FaultSpec, victims: readonly MachineSpec[], options: OpenFaultOptions): Promise<OpenFault> => {
  if (!faultId.test(options.id)) throw new Error(`not an id of a fault: ${options.id}`)
  const parts = partsOf(spec, victims, options)
  const said = (seen: readonly Sighting[], otherwise: string): Sighting =>
    seen.length === 0
      ? { proven: true, says: otherwise, atMs: monotonicMs() }
      : together(seen.map((one, i) => ({ name: parts[i]?.name ?? '', ...one })))
  return {
    id: options.id,
    victims,
    prepare: async () => {
      // One after another: preparing restarts etcd members, of which two at once would be an outage.
      for (const part of parts) await part.prepare()
    },
    inject: async () => {
      const atMs = monotonicMs()
      await every(parts.map((part) => part.inject()))
      return { atMs }
    },
    awaitEffect: async (deadlineMs) => said(await every(parts.map((part) => part.awaitEffect(deadlineMs))), spec.shownBy),
    undo: async () => {
      const atMs = monotonicMs()
      await every(parts.map((part) => part.undo()))
      return { atMs }
    },
    awaitUndone: async (deadlineMs) => said(await every(parts.map((part) => part.awaitUndone(deadlineMs))), spec.undoneBy),
  }
}

/** All of them, also after one has failed; then the first failure is thrown. */
const every = async <T>(work: readonly Promise<T>[]): Promise<T[]> => {
  const results = await Promise.allSettled(work)
  return results.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
