import type { Machine } from '../../machine/machine.js'
import { lastLine } from '../../machine/process.js'
import { Fault, fault } from '../../model/problem.js'
import type { MachineScripts } from '../faults/fault.js'
import { faultDir } from '../scripts/prelude.js'
import { armedFiles, armScript, disarmScript, forgetScript } from './armed-undo.js'
import { type Answer, awaitProof, type Sighting } from './await-proof.js'

/** A preparation may restart etcd; its own timer gives it this long. */
const prepareMs = 180_000
/** A member that is replaced has to catch up. */
const undoMs = 180_000
const askMs = 15_000

/** One fault on one machine, made by scripts that run there. */
export interface OnMachine {
  prepare(): Promise<void>
  inject(): Promise<void>
  awaitEffect(deadlineMs: number): Promise<Sighting>
  undo(): Promise<void>
  awaitUndone(deadlineMs: number): Promise<Sighting>
}

export interface OnMachineOptions {
  id: string
  title: string
  undoAfterMs: number
  signal?: AbortSignal
}

/**
 * Scripts go over the machine's own SSH connection, which no fault of the table cuts (scripts/partition.ts). The undo is stored there and armed as a timer of
 * systemd before anything is touched. Aborting stops making a fault, never mending it.
 */
export const onMachine = (machine: Machine, scripts: MachineScripts, { id, title, undoAfterMs, signal }: OnMachineOptions): OnMachine => {
  const abort = signal ? { signal } : {}
  const act = async (code: 'Q6010' | 'Q6011', script: string, timeoutMs: number): Promise<void> => {
    try {
      await machine.sh(script, { timeoutMs, ...abort })
    } catch (cause) {
      signal?.throwIfAborted()
      throw fault(code, { fault: title, said: saidOf(cause) }, { machine: machine.name, cause })
    }
  }
  const ask =
    (script: string, own: { signal?: AbortSignal }) =>
    async (leftMs: number): Promise<Answer> => {
      const result = await machine.sh(script, { allowFailure: true, timeoutMs: Math.min(askMs, leftMs), ...own })
      return { proven: result.exit === 0, says: lastLine(result.stdout) || lastLine(result.stderr) || `exit ${result.exit}` }
    }
  return {
    prepare: async () => {
      await machine.write(armedFiles(id, title, scripts))
      if (scripts.prepare !== undefined) {
        await act('Q6010', armScript(id, 'prepare', prepareMs + undoAfterMs), askMs)
        await act('Q6010', scripts.prepare, prepareMs)
      }
      await act('Q6010', armScript(id, 'fault', undoAfterMs), askMs)
      if (scripts.prepare !== undefined) await act('Q6010', disarmScript(id, 'prepare'), askMs)
    },
    inject: () => act('Q6011', scripts.inject, 60_000),
    awaitEffect: (deadlineMs) => awaitProof(deadlineMs, ask(scripts.effect, abort), signal),
    undo: async () => {
      try {
        // The timer may be at it; stored or not, the text is the same.
        const lock = `mkdir -p ${faultDir(id)}; exec 9> ${faultDir(id)}/lock; flock -w ${undoMs / 1000} 9\n`
        await machine.sh(`${lock}${scripts.undo}`, { timeoutMs: undoMs })
      } catch (cause) {
        throw fault('Q6013', { fault: title, said: saidOf(cause) }, { machine: machine.name, cause })
      }
    },
    awaitUndone: async (deadlineMs) => {
      const seen = await awaitProof(deadlineMs, ask(scripts.undone, {}))
      if (seen.proven) await machine.sh(forgetScript(id), { timeoutMs: askMs })
      return seen
    },
  }
}

/** The words of whatever failed, short. */
const saidOf = (cause: unknown): string => {
  if (cause instanceof Fault) return String(cause.problem.data.stderr ?? cause.problem.data.said ?? cause.problem.code).slice(-300)
  return cause instanceof Error ? cause.message : String(cause)
}
