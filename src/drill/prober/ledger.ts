import { isVoid } from '../samples.js'
import type { SampleRow } from './protocol.js'
import type { Stalls } from './stalls.js'

interface Entry {
  key: string
  intervalMs: number
  dueMs: number
  endMs: number
  why: string
  retry: 1 | 0 | -1
  noVerdict: boolean
}

/**
 * Samples until they are told. Whether one is void is decided only then: an answer that is read right after a stall is handled before
 * the tick that notices the stall.
 */
export class Ledger {
  #entries: Entry[] = []
  /** Requests that were due and not made, because too many were under way. */
  dropped = 0

  constructor(private readonly stalls: Stalls) {}

  /** `why` '' = answered. `noVerdict`: it could not be tried, which says nothing about what the class asks for. */
  add(entry: {
    key: string
    intervalMs: number
    dueMs: number
    endMs: number
    why: string
    retry?: 1 | 0 | -1
    noVerdict?: boolean
  }): void {
    this.#entries.push({ retry: -1, noVerdict: false, ...entry })
  }

  /** Rows of everything that ended before the last tick; all of it when the schedule has stopped. */
  take(): SampleRow[] {
    const rows = this.#entries.map(({ key, intervalMs, dueMs, endMs, why, retry, noVerdict }): SampleRow => {
      const stalled = isVoid(this.stalls.within(dueMs, endMs), endMs - dueMs, intervalMs)
      return [key, round(dueMs), round(endMs - dueMs), why, retry, stalled || noVerdict ? 1 : 0]
    })
    this.#entries = []
    return rows
  }
}

const round = (ms: number): number => Math.round(ms * 100) / 100
