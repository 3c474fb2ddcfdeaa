/** This run beside another: an earlier one, or the same faults on the profile `guide`. */
export interface Comparison {
  /** What the other one is: "run of 2026-11-02", "profile guide, same run". */
  against: string
  /** Everything that differs apart from the code under test. Figures across such a difference say less. */
  differences: string[]
  rows: ComparisonRow[]
}

export interface ComparisonRow {
  fault: string
  title: string
  probe: string
  /** Medians of the span from first to last failure, milliseconds; absent = not drilled in that run. */
  nowMs?: number
  thenMs?: number
  /** Runs behind each median. */
  nowRuns: number
  thenRuns: number
  /** A difference smaller than this is noise: spread of the repeats and uncertainty of the probes together. */
  noiseMs?: number
  change: 'better' | 'worse' | 'same' | 'new' | 'gone'
  /** thenMs / nowMs where both are above the uncertainty; 8 = eight times shorter now. */
  ratio?: number
  because: string
}
