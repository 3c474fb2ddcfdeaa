import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../samples.js'
import type { Sighting } from '../world.js'

export type { Sighting } from '../world.js'

/** What was seen, in words, and whether it proves what was asked. */
export type Answer = Omit<Sighting, 'atMs'>

const everyMs = 100

/**
 * Asks again and again until it is proven or `deadlineMs` have passed; then the last answer stands. An answer that cannot be had counts as "not yet".
 * Throws the signal's reason on abort.
 */
export const awaitProof = async (deadlineMs: number, ask: (leftMs: number) => Promise<Answer>, signal?: AbortSignal): Promise<Sighting> => {
  const endMs = monotonicMs() + deadlineMs
  let last: Answer = { proven: false, says: 'nothing was seen' }
  for (;;) {
    signal?.throwIfAborted()
    try {
      last = await ask(Math.max(500, endMs - monotonicMs()))
    } catch (error) {
      signal?.throwIfAborted()
      last = { proven: false, says: `could not be asked: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300) }
    }
    const atMs = monotonicMs()
    if (last.proven || atMs + everyMs > endMs) return { ...last, atMs }
    await sleep(everyMs)
  }
}

/** What was seen on several machines as one: proven when it is on each, seen when it was on the last. */
export const together = (seen: readonly (Sighting & { name: string })[]): Sighting => {
  const [first] = seen
  const alike = first !== undefined && seen.every((one) => one.says === first.says)
  const open = seen.filter((one) => !one.proven)
  const told = open.length > 0 ? open : seen
  return {
    proven: open.length === 0,
    says:
      alike && seen.length > 1
        ? `${seen.map((one) => one.name).join(', ')}: ${first.says}`
        : told.length === 1 && seen.length === 1
          ? (first?.says ?? '')
          : told.map((one) => `${one.name}: ${one.says}`).join('; '),
    atMs: Math.max(0, ...seen.map((one) => one.atMs)),
  }
}
