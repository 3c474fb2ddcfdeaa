import { monotonicMs } from '../samples.js'
import type { Stalls } from './stalls.js'

interface Entry {
  intervalMs: number
  nextMs: number
  fire: (dueMs: number) => void
}

/** The shortest time between two ticks: finer than any interval, coarse enough not to keep a processor awake. */
const tickMs = 4

/**
 * Fires each class when it is due, whether or not earlier requests returned (open loop). What is overdue after a stall is fired at
 * once, with its own due time; who reads the record sees how late it was.
 */
export class Schedule {
  readonly #entries: Entry[] = []
  #timer: NodeJS.Timeout | undefined
  #expectedMs = 0
  #stopped = false

  constructor(private readonly stalls: Stalls) {}

  add(hz: number, fire: (dueMs: number) => void): void {
    if (hz <= 0) return
    const intervalMs = 1000 / hz
    // Spread over the interval, so that classes do not all fire in one tick.
    const nextMs = monotonicMs() + (intervalMs * ((this.#entries.length * 7) % 10)) / 10
    this.#entries.push({ intervalMs, nextMs, fire })
  }

  start(): void {
    this.#expectedMs = monotonicMs()
    this.#tick()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #tick(): void {
    if (this.#stopped) return
    const nowMs = monotonicMs()
    this.stalls.tick(this.#expectedMs, nowMs)
    let wakeMs = Number.POSITIVE_INFINITY
    for (const entry of this.#entries) {
      while (entry.nextMs <= nowMs) {
        const dueMs = entry.nextMs
        entry.nextMs += entry.intervalMs
        entry.fire(dueMs)
      }
      wakeMs = Math.min(wakeMs, entry.nextMs)
    }
    const afterMs = monotonicMs()
    this.#expectedMs = Math.max(wakeMs, nowMs + tickMs, afterMs)
    // Node rounds down to whole milliseconds, and a tick before its time fires nothing.
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(this.#expectedMs - afterMs)))
  }
}
