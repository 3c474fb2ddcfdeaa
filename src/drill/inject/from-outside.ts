import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../../lab/lab.js'
import type { Fleet } from '../../machine/fleet.js'
import type { Cluster, MachineSpec } from '../../model/cluster.js'
import { shuffled } from '../random.js'
import { type Answer, awaitProof, type Sighting, together } from './await-proof.js'
import { endRecord, powerOn, withRecordLock } from './end-record.js'
import { startGuardian } from './guardian.js'
import type { OnMachine } from './on-machine.js'
import { bootIdOf, greeting } from './reach.js'
import { type OutsideKind, recordPath, removeRecord, stateRootOf, writeRecord } from './record.js'

export interface FromOutsideOptions {
  id: string
  title: string
  kind: OutsideKind
  machines: readonly MachineSpec[]
  cluster: Cluster
  fleet: Fleet
  lab: Lab
  undoAfterMs: number
  random: () => number
  signal?: AbortSignal
}

/** In a cold start machines come up at moments as random as their order, within this time. */
const coldStartSpreadMs = 3000
const askMs = 2000

/**
 * A fault that is made to lab machines from outside. It is written down, and a guardian watches it, before it is made. What a machine has not yet written to
 * its file system is in this computer's memory and survives a power loss here: only processes, connections and mounts are gone.
 */
export const fromOutside = (options: FromOutsideOptions): OnMachine => {
  const { id, title, kind, machines, cluster, fleet, lab, undoAfterMs, random, signal } = options
  const path = recordPath(lab.paths, id)
  const names = machines.map((m) => m.name)
  const before = new Map<string, string>()
  let background: Promise<void> = Promise.resolve()

  const powerCut = (): Promise<unknown> => Promise.all(names.map((name) => lab.powerOff(name)))
  /** What a computer does after its last process has ended in a reboot. */
  const startAgain = async (): Promise<void> => {
    for (const name of names) {
      while (!signal?.aborted && (await lab.isRunning(name)) && (await bootIdOf(fleet.machine(name), askMs)) === before.get(name))
        await sleep(100)
      if (!(await lab.isRunning(name))) await withRecordLock(path, () => powerOn(lab, name))
    }
  }
  const coldStart = async (): Promise<void> => {
    const order = shuffled(names, random)
    const boots = order.map(async (name) => {
      await sleep(random() * coldStartSpreadMs)
      await powerOn(lab, name)
    })
    await Promise.allSettled(boots)
  }

  const effectOn = async ({ name, address, ssh }: MachineSpec): Promise<Answer> => {
    const port = ssh?.port ?? 22
    if (kind === 'reboot') {
      const now = await bootIdOf(fleet.machine(name), askMs)
      if (now === undefined) return { proven: true, says: 'SSH no longer answers' }
      return now === before.get(name) ? { proven: false, says: 'it runs as before' } : { proven: true, says: 'it has another boot id' }
    }
    const greeted = await greeting(fleet, address, port, kind === 'freeze' ? 600 : 300)
    if (kind === 'freeze')
      return greeted === 'silent'
        ? { proven: true, says: `port ${port} is accepted and says nothing` }
        : { proven: false, says: greeted === 'none' ? `port ${port} does not answer at all` : 'SSH answers' }
    if (await lab.isRunning(name)) return { proven: false, says: 'processes of it still run' }
    return greeted === 'none'
      ? { proven: true, says: `no process left, port ${port} does not answer` }
      : { proven: false, says: `port ${port} answers` }
  }
  const undoneOn = async ({ name }: MachineSpec): Promise<Answer> => {
    const now = await bootIdOf(fleet.machine(name), askMs)
    if (now === undefined) return { proven: false, says: 'SSH does not answer' }
    const same = now === before.get(name)
    if (kind === 'freeze') return { proven: true, says: same ? 'SSH answers, same boot id' : 'SSH answers, it was booted meanwhile' }
    return same ? { proven: false, says: 'it was not booted again' } : { proven: true, says: 'booted again, SSH answers' }
  }
  const onAll = async (deadlineMs: number, ask: (m: MachineSpec) => Promise<Answer>, stop?: AbortSignal): Promise<Sighting> =>
    together(await Promise.all(machines.map(async (m) => ({ name: m.name, ...(await awaitProof(deadlineMs, () => ask(m), stop)) }))))

  return {
    prepare: async () => {
      for (const [name, bootId] of await Promise.all(
        names.map(async (name) => [name, await bootIdOf(fleet.machine(name), askMs)] as const),
      ))
        if (bootId !== undefined) before.set(name, bootId)
      const undoAt = new Date(Date.now() + undoAfterMs).toISOString()
      await writeRecord(path, { v: 1, id, title, kind, machines: names, cluster, stateRoot: stateRootOf(lab.paths), undoAt })
      await startGuardian(path, title).catch(async (error: unknown) => {
        await removeRecord(path)
        throw error
      })
    },
    inject: async () => {
      signal?.throwIfAborted()
      if (kind === 'freeze') await Promise.all(names.map((name) => lab.freeze(name)))
      else if (kind === 'reboot') {
        await Promise.all(
          names.map((name) => fleet.machine(name).sh('systemctl reboot --no-block', { timeoutMs: 5000, ...(signal ? { signal } : {}) })),
        )
        background = startAgain().catch(() => undefined)
      } else await powerCut()
    },
    awaitEffect: async (deadlineMs) => {
      const seen = await onAll(deadlineMs, effectOn, signal)
      if (kind === 'power-cycle') background = withRecordLock(path, coldStart).catch(() => undefined)
      return seen
    },
    undo: async () => {
      await background
      await endRecord(path, lab)
    },
    awaitUndone: (deadlineMs) => onAll(deadlineMs, undoneOn),
  }
}
