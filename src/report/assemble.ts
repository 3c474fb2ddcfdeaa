import type { CheckResult } from '../model/check.js'
import { compareReports } from './compare.js'
import { domainsOf, judgeDomains } from './domains.js'
import type { DrillReport } from './drill-report.js'
import { findingsOf, scoreOf } from './score.js'
import { controlsOf } from './verdict.js'

export interface Drilled extends Omit<DrillReport, 'v' | 'domains' | 'score' | 'comparison'> {
  /** Claims about the live cluster after the last fault; they count towards the score. */
  claims: readonly CheckResult[]
  /** Parts whose loss is drilled apart from whole machines: `etcd member`, `haproxy`. */
  components: readonly string[]
}

/**
 * The whole report from what was drilled: judges every failure domain, works out the score, and compares with another run if there
 * is one. Each fault already carries its verdict (judgeFault). `now` is milliseconds since the epoch.
 */
export const assembleReport = (
  { claims, components, ...drilled }: Drilled,
  { now, against, maxAgeDays }: { now: number; against?: { report: DrillReport; name: string }; maxAgeDays?: number },
): DrillReport => {
  const { faults, cluster, startedAt } = drilled
  const domains = judgeDomains(domainsOf(cluster, components), faults)
  const score = scoreOf(domains, findingsOf(faults, claims, startedAt), {
    now,
    controls: controlsOf(faults),
    ...(maxAgeDays === undefined ? {} : { maxAgeDays }),
  })
  const report: DrillReport = { v: 1, ...drilled, domains, score }
  return against ? { ...report, comparison: compareReports(report, against.report, against.name) } : report
}
