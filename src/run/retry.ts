import { setTimeout as sleep } from 'node:timers/promises'

/** A retry policy as a value: ask every `everyMs` until `deadlineMs` has passed. */
export interface RetryPolicy {
  everyMs: number
  deadlineMs: number
}

/**
 * Calls `attempt` until it returns something other than undefined. A thrown error counts as "not yet" and is kept.
 * When the deadline passes, `expired` gets the last error and says what to throw.
 */
export const until = async <T>(
  policy: RetryPolicy,
  attempt: () => Promise<T | undefined>,
  expired: (last: unknown) => Error,
  signal?: AbortSignal,
): Promise<T> => {
  const endMs = performance.now() + policy.deadlineMs
  let last: unknown
  for (;;) {
    signal?.throwIfAborted()
    try {
      const value = await attempt()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    if (performance.now() + policy.everyMs > endMs) throw expired(last)
    await sleep(policy.everyMs, undefined, signal ? { signal } : {})
  }
}
