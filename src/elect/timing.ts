import { fault } from '../model/problem.js'

/** When things happen within one lease, in milliseconds. All but `renewEveryMs` count from the START of the last renewal that succeeded. */
export interface ElectTiming {
  ttlMs: number
  /** Renewals are begun this often. */
  renewEveryMs: number
  /** One renewal may take this long; then the next endpoint is asked. */
  attemptMs: number
  /** COMMAND is asked to end (SIGTERM). */
  termMs: number
  /** COMMAND is ended (SIGKILL). What is left until `ttlMs` covers clocks that run differently fast and the killing itself. */
  killMs: number
  /** Between the two. */
  graceMs: number
}

const shortestMs = 1000
const longestMs = 3_600_000

/**
 * The times that follow from the lease, for example 5,000: renew every 833, SIGTERM at 3,250, SIGKILL at 4,500. A renewal may fail three
 * times in a row before COMMAND is asked to end. Throws Fault Q7902 for a lease or a grace that leaves no room.
 */
export const electTiming = (ttlMs: number, graceMs?: number): ElectTiming => {
  if (ttlMs < shortestMs || ttlMs > longestMs || ttlMs % 1000 !== 0) {
    throw fault('Q7902', { what: `a lease of ${ttlMs} ms`, rule: 'it is a whole number of seconds, from 1s to 1h' })
  }
  const marginMs = Math.min(ttlMs * 0.1, 5000)
  const killMs = ttlMs - marginMs
  const grace = graceMs ?? Math.min(ttlMs * 0.25, 10_000)
  const mostGraceMs = Math.floor(killMs - ttlMs * 0.5)
  if (grace < 0 || grace > mostGraceMs) {
    throw fault('Q7902', { what: `a grace of ${grace} ms`, rule: `with a lease of ${ttlMs} ms it is ${mostGraceMs} ms at most` })
  }
  return { ttlMs, renewEveryMs: ttlMs / 6, attemptMs: ttlMs / 5, termMs: killMs - grace, killMs, graceMs: grace }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** '5s', '1500ms', '1m', '1h', or seconds without a unit, as milliseconds. Throws Fault Q7902. */
export const parseDurationMs = (text: string, flag: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim())
  if (!match) throw fault('Q7902', { what: `${flag} "${text}"`, rule: 'write a duration such as 500ms, 5s or 1m' })
  return Number(match[1]) * (units[match[2] ?? 's'] ?? 1000)
}

/** `ms`, a quarter more or less, so that machines which saw the same fault do not come back in the same moment. */
export const jittered = (ms: number, random: () => number = Math.random): number => ms * (0.75 + random() * 0.5)
