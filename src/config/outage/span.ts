/** How long something is felt, in milliseconds. `highMs` is Infinity where nothing ends it but somebody who mends it. */
export interface Span {
  lowMs: number
  highMs: number
  /** What decides it, in a few words. */
  because: string
}

export const span = (lowMs: number, highMs: number, because: string): Span => ({
  lowMs: Math.max(0, Math.round(lowMs)),
  highMs: Math.round(highMs),
  because,
})

export const nothing = (because: string): Span => ({ lowMs: 0, highMs: 0, because })

export const unbounded = (because: string): Span => ({ lowMs: 0, highMs: Number.POSITIVE_INFINITY, because })

/** Layers detect at the same time, so users wait for the slowest, not for the sum; that one is the reason. */
export const slowestOf = (...spans: readonly Span[]): Span =>
  spans.reduce((worst, one) => ({
    lowMs: Math.max(worst.lowMs, one.lowMs),
    highMs: Math.max(worst.highMs, one.highMs),
    because: one.highMs > worst.highMs ? one.because : worst.because,
  }))

/** One after the other: what is found out first, and then acted upon. */
export const inTurn = (first: Span, second: Span, because = first.because): Span =>
  span(first.lowMs + second.lowMs, first.highMs + second.highMs, because)
