import type { Cluster } from '../model/cluster.js'

/** What users would feel for one kind of failure; `lowMs` to `highMs` is the predicted gap, both 0 = nothing is felt. */
export interface OutageBudget {
  failure: string
  lowMs: number
  highMs: number
  /** What decides the gap. */
  because: string
}

export const predictOutages = (_cluster: Cluster): OutageBudget[] => []
