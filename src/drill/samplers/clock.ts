import { monotonicMs } from '../samples.js'

/**
 * Maps a machine's monotonic clock to ours. Machines of a lab share our kernel and so our clock: nothing is mapped. Elsewhere every line
 * bounds the difference from above (it was written before it was read), and the tightest bound is used: right to within the fastest
 * way of a line, which is given as uncertainty by half a round trip measured at the start.
 */
export class MachineClock {
  #offsetMs = Number.POSITIVE_INFINITY

  constructor(
    private readonly shared: boolean,
    public roundTripMs: number,
  ) {}

  /** A line dated `theirsMs` was read now. A machine that booted anew has a new clock. */
  heard(theirsMs: number, hello: boolean, nowMs = monotonicMs()): void {
    if (this.shared) return
    const bound = nowMs - theirsMs
    this.#offsetMs = hello ? bound : Math.min(this.#offsetMs, bound)
  }

  toOurs(theirsMs: number): number {
    return this.shared ? theirsMs : theirsMs + this.#offsetMs - this.roundTripMs / 2
  }

  get uncertaintyMs(): number {
    return this.shared ? 0 : this.roundTripMs / 2
  }
}
