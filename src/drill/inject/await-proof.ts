import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '../../model/problem.js'
import { monotonicMs } from '../samples.js'

/** What was seen, in words, and whether it proves what was asked. */
export interface Answer {
  proven: boolean
  said: string
}

export interface Seen {
  seen: string
  /** On the clock of all drill records (monotonicMs). */
  atMs: number
}

const everyMs = 100

/**
 * Asks again and again until it is proven. Throws Fault Q6012 (in force) or Q6014 (gone) with the last answer once `deadlineMs` have passed, and the
 * signal's reason on abort. An answer that cannot be had counts as "not yet".
 */
export const awaitProof = async (
  of: { code: 'Q6012' | 'Q6014'; fault: string; machine: string },
  deadlineMs: number,
  ask: (leftMs: number) => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Seen> => {
  const endMs = monotonicMs() + deadlineMs
  let said = 'nothing was seen'
  let cause: unknown
  for (;;) {
    signal?.throwIfAborted()
    const leftMs = endMs - monotonicMs()
    try {
      const answer = await ask(Math.max(500, leftMs))
      said = answer.said
      cause = undefined
      if (answer.proven) return { seen: said, atMs: monotonicMs() }
    } catch (error) {
      signal?.throwIfAborted()
      cause = error
    }
    if (monotonicMs() + everyMs > endMs) {
      const why = cause instanceof Error && said === 'nothing was seen' ? cause.message : said
      throw fault(
        of.code,
        { fault: of.fault, seconds: Math.round(deadlineMs / 1000), said: why.slice(-300) },
        { machine: of.machine, cause },
      )
    }
    await sleep(everyMs)
  }
}
