import { readFileSync } from 'node:fs'

/**
 * One moment on two clocks of this machine, in milliseconds. `monoMs` (CLOCK_MONOTONIC) is fine-grained and runs on while a process is
 * stopped; `bootMs` (CLOCK_BOOTTIME, in steps of 10 ms) also runs on while the machine is suspended. Both are the same for all processes
 * of a machine, so one process may hold another to a deadline. Neither moves when somebody sets the time of day.
 */
export interface Instant {
  monoMs: number
  bootMs: number
}

export const readClock = (): Instant => {
  const monoMs = Number(process.hrtime.bigint()) / 1e6
  try {
    return { monoMs, bootMs: Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000 }
  } catch {
    return { monoMs, bootMs: monoMs }
  }
}

/** Time between two moments on the clock that counted more. */
export const elapsedMs = (from: Instant, to: Instant): number => Math.max(to.monoMs - from.monoMs, to.bootMs - from.bootMs)

export const after = (from: Instant, ms: number): Instant => ({ monoMs: from.monoMs + ms, bootMs: from.bootMs + ms })

/** Time left until a moment, on the clock that is further; negative once it has passed. */
export const leftMs = (until: Instant, now: Instant): number => Math.min(until.monoMs - now.monoMs, until.bootMs - now.bootMs)
