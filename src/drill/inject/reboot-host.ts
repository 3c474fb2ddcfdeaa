import type { Machine } from '../../machine/machine.js'
import { awaitProof } from './await-proof.js'
import type { OnMachine, OnMachineOptions } from './on-machine.js'
import { bootIdOf } from './reach.js'

const askMs = 5000

/** A clean reboot of a host that starts by itself afterwards: nothing has to be undone, and nothing is left behind. */
export const onHostReboot = (machine: Machine, { signal }: OnMachineOptions): OnMachine => {
  let before: string | undefined
  return {
    prepare: async () => {
      before = await bootIdOf(machine, askMs)
    },
    inject: async () => {
      await machine.sh('systemctl reboot --no-block', { timeoutMs: askMs, ...(signal ? { signal } : {}) })
    },
    awaitEffect: (deadlineMs) =>
      awaitProof(
        deadlineMs,
        async () => {
          const now = await bootIdOf(machine, askMs)
          if (now === undefined) return { proven: true, says: 'SSH no longer answers' }
          return now === before ? { proven: false, says: 'it runs as before' } : { proven: true, says: 'it has another boot id' }
        },
        signal,
      ),
    undo: async () => undefined,
    awaitUndone: (deadlineMs) =>
      awaitProof(deadlineMs, async () => {
        const now = await bootIdOf(machine, askMs)
        if (now === undefined) return { proven: false, says: 'SSH does not answer' }
        return now === before ? { proven: false, says: 'it was not booted again' } : { proven: true, says: 'booted again, SSH answers' }
      }),
  }
}
