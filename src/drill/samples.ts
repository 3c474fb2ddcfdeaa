/** Milliseconds of this computer's monotonic clock, the one that every process on it shares: the clock of all drill records. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** One request of one class, as the prober or a pod saw it. */
export interface Sample {
  /** When it was due, not when it was sent: a prober that waits for its victim would hide the outage. */
  atMs: number
  /** From when it was due to the answer or the end of patience. */
  tookMs: number
  ok: boolean
  /** Phase and cause of a failure: `connect timeout`, `answer reset`, `HTTP 503`. */
  why?: string
  /** A second try right after a failure, where the class makes one. */
  retryOk?: boolean
  /** The prober itself had stalled: says nothing about the cluster. */
  void?: true
}

/** All samples of one class, in the order in which they were due. */
export interface Series {
  /** As reports name it. */
  probe: string
  /** Which server was asked, or which machine asked, where a class has several. */
  server?: string
  /** Due every so often. */
  intervalMs: number
  samples: Sample[]
  /** Delay of the prober's own, p99 while the samples were taken. */
  ownDelayMs: number
}

/** Something that was true from one moment to another on one machine or for one role. */
export interface Interval {
  fromMs: number
  toMs: number
  label: string
}

/** Class and server, as lanes are named. */
export const nameOf = (series: Series): string => (series.server === undefined ? series.probe : `${series.probe}: ${series.server}`)

/**
 * Whether a sample says nothing, because whoever took it stood still for more than an interval meanwhile. A stall that is small beside
 * the time that the request was given explains nothing: a peer that was silent for 2 s was silent.
 */
export const isVoid = (stalledMs: number, tookMs: number, intervalMs: number): boolean =>
  stalledMs > intervalMs && stalledMs > tookMs * 0.05
