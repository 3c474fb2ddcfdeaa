import type { Problem } from './problem.js'

/** True = held, False = seen to be untrue, Unknown = could not be seen. Unknown never counts as held. */
export type Verdict = 'True' | 'False' | 'Unknown'

/** The answer to one claim about the live cluster. */
export interface CheckResult {
  /** Path-like id, for example `etcd/one-leader`. */
  id: string
  /** The claim in words: "every etcd member agrees on one leader". */
  claim: string
  verdict: Verdict
  /** What was seen, short: "cp-1, cp-2, cp-3 name cp-2, term 4". */
  evidence: string
  /** Present when the verdict is not True: code, remedy. */
  problem?: Problem
  machine?: string
}
