import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** A time in which the prober itself did not run, on the monotonic clock. */
export type Stall = [fromMs: number, toMs: number]

/**
 * The prober's own delays. The histogram of Node tells how large they are, the schedule's own ticks tell when: a tick that comes late
 * means that nothing ran since it was due.
 */
export class Stalls {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 })
  #recent: Stall[] = []
  #untold: Stall[] = []

  constructor(private readonly leastMs: number) {
    this.#histogram.enable()
  }

  /** A tick was due and came. */
  tick(dueMs: number, nowMs: number): void {
    if (nowMs - dueMs <= this.leastMs) return
    this.#recent.push([dueMs, nowMs])
    this.#untold.push([dueMs, nowMs])
    if (this.#recent.length > 400) this.#recent = this.#recent.slice(-200)
  }

  /** Time between two moments in which the prober stood still. */
  within(fromMs: number, toMs: number): number {
    let sum = 0
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const stall = this.#recent[i]
      if (!stall || stall[1] < fromMs) break
      sum += Math.max(0, Math.min(toMs, stall[1]) - Math.max(fromMs, stall[0]))
    }
    return sum
  }

  /** Figures since the last call, and starts anew. */
  take(): { delayP99Ms: number; delayMaxMs: number; stalls: Stall[] } {
    // A histogram that is read before its own timer ran after a stall has not seen it, and forgets it when it starts anew.
    const longest = Math.max(0, ...this.#untold.map(([fromMs, toMs]) => toMs - fromMs))
    const delayMaxMs = Math.max(this.#histogram.max / 1e6, longest)
    const figures = { delayP99Ms: this.#histogram.percentile(99) / 1e6, delayMaxMs, stalls: this.#untold }
    this.#histogram.reset()
    this.#untold = []
    return figures
  }

  close(): void {
    this.#histogram.disable()
  }
}
