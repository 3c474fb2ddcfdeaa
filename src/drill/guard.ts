import type { CheckResult } from '../model/check.js'
import { fault } from '../model/problem.js'

/** On hosts that are not a lab a drill breaks what others use: it needs the cluster's name, typed. Throws Q6301. */
export const requireConfirmation = (lab: boolean, cluster: string, confirmed: string | undefined): void => {
  if (!lab && confirmed !== cluster) throw fault('Q6301', { cluster, given: confirmed ?? 'nothing' })
}

/**
 * Figures of a cluster that was not well before say nothing, and breaking it further may lose it. Returns the claims that do not hold, which
 * only `force` lets pass. Throws Q6302.
 */
export const requireHealthy = (results: readonly CheckResult[], cluster: string, force: boolean): CheckResult[] => {
  const open = results.filter((one) => one.verdict !== 'True')
  const first = open[0]
  if (first && !force)
    throw fault('Q6302', { cluster, open: open.length, total: results.length, first: `${first.claim} (${first.evidence})` })
  return open
}
