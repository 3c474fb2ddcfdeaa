import type { FaultReport } from './drill-report.js'
import { plural } from './format.js'
import { headlineOf } from './verdict.js'

/**
 * Several runs of one fault as one report: figures and timeline of the run that decides, that is a failed one if there is any, else
 * the one in the middle. One run that failed fails the fault; a run that could not be judged counts only as long as others could.
 * Throws RangeError without runs.
 */
export const mergeRepeats = (runs: readonly FaultReport[]): FaultReport => {
  const span = (one: FaultReport): number => headlineOf(one)?.spanMs ?? 0
  const failed = runs.filter((one) => one.verdict === 'fail')
  const judged = runs.filter((one) => one.verdict !== 'not-evaluated')
  const from = [...(failed.length > 0 ? failed : judged.length > 0 ? judged : runs)].sort((a, b) => span(a) - span(b))
  const shown = from[failed.length > 0 ? from.length - 1 : from.length >> 1]
  if (!shown) throw new RangeError('no runs to merge')
  if (runs.length === 1) return shown
  const reasons = [...shown.reasons]
  if (failed.length > 0)
    reasons.push({ kind: 'repeat-failed', says: `${failed.length} of ${plural(runs.length, 'run')} failed; the worst is shown` })
  return {
    ...shown,
    safety: { ...shown.safety, acknowledgedWrites: runs.reduce((sum, one) => sum + one.safety.acknowledgedWrites, 0) },
    reasons,
    repeats: runs.map((one) => {
      const probe = headlineOf(one)
      return {
        victim: one.victim.machines.join(', '),
        longestMs: probe?.longestMs ?? 0,
        spanMs: probe?.spanMs ?? 0,
        failed: probe?.failed ?? 0,
        total: probe?.total ?? 0,
        verdict: one.verdict,
      }
    }),
  }
}
