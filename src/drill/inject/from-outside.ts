import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../../lab/lab.js'
import type { Fleet } from '../../machine/fleet.js'
import type { Cluster, MachineSpec } from '../../model/cluster.js'
import { shuffled } from '../random.js'
import { type Answer, awaitProof, type Seen } from './await-proof.js'
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
  const all = names.join(', ')
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
      if (now === undefined) return { proven: true, said: 'SSH no longer answers' }
      return now === before.get(name) ? { proven: false, said: 'it runs as before' } : { proven: true, said: 'it has another boot id' }
    }
    const greeted = await greeting(fleet, address, port, kind === 'freeze' ? 600 : 300)
    if (kind === 'freeze')
      return greeted === 'silent'
        ? { proven: true, said: `port ${port} is accepted and says nothing` }
        : { proven: false, said: greeted === 'none' ? `port ${port} does not answer at all` : 'SSH answers' }
    if (await lab.isRunning(name)) return { proven: false, said: 'processes of it still run' }
    return greeted === 'none'
      ? { proven: true, said: `no process left, port ${port} does not answer` }
      : { proven: false, said: `port ${port} answers` }
  }
  const undoneOn = async ({ name }: MachineSpec): Promise<Answer> => {
    const now = await bootIdOf(fleet.machine(name), askMs)
    if (now === undefined) return { proven: false, said: 'SSH does not answer' }
    const same = now === before.get(name)
    if (kind === 'freeze') return { proven: true, said: same ? 'SSH answers, same boot id' : 'SSH answers, it was booted meanwhile' }
    return same ? { proven: false, said: 'it was not booted again' } : { proven: true, said: 'booted again, SSH answers' }
  }
  const onAll = async (code: 'Q6012' | 'Q6014', deadlineMs: number, ask: (m: MachineSpec) => Promise<Answer>): Promise<Seen> => {
    const seen = await Promise.all(
      machines.map(async (m) => ({
        name: m.name,
        ...(await awaitProof({ code, fault: title, machine: m.name }, deadlineMs, () => ask(m), code === 'Q6012' ? signal : undefined)),
      })),
    )
    const says = seen.map((one) => (seen.length > 1 ? `${one.name}: ${one.seen}` : one.seen)).join('; ')
    return { seen: says, atMs: Math.max(0, ...seen.map((one) => one.atMs)) }
  }

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
      const seen = await onAll('Q6012', deadlineMs, effectOn)
      if (kind === 'power-cycle') background = withRecordLock(path, coldStart).catch(() => undefined)
      return { ...seen, seen: names.length > 3 ? `${names.length} machines: no process left, no port answers` : seen.seen || all }
    },
    undo: async () => {
      await background
      await endRecord(path, lab)
    },
    awaitUndone: (deadlineMs) => onAll('Q6014', deadlineMs, undoneOn),
  }
}
