import type { DrillReport, FaultReport, ProbeResult, Reason, ReasonKind } from './drill-report.js'
import { milliseconds } from './format.js'

/** Two holders of the virtual IP for longer than this break a drill: clients may reach either. */
const splitLimitMs = 1000
/** Share of samples that may be lost to the prober's own stalls. */
const voidLimit = 0.2
/** A class with fewer samples than this proves nothing. */
const leastSamples = 10

const undecided: readonly ReasonKind[] = ['fault-not-effective', 'not-run', 'safety-unknown', 'too-few-samples']

export type Unjudged = Omit<FaultReport, 'verdict' | 'reasons'>

/** The class of client that the prediction speaks of. */
export const headlineOf = (fault: Pick<FaultReport, 'predicted' | 'measured'>): ProbeResult | undefined =>
  fault.measured.find((one) => one.probe === fault.predicted.probe) ?? fault.measured[0]

/** Whether clients were served again while the fault was still in force. If healing alone brought service back, nothing stood in. */
export const returnedInTime = (fault: Pick<FaultReport, 'times'>, probe: ProbeResult): boolean => {
  if (probe.failed === 0) return true
  if (probe.returnedMs === undefined) return false
  return fault.times.healedMs === undefined || probe.returnedMs < fault.times.healedMs
}

const outageReasons = (fault: Unjudged, headline: ProbeResult): Reason[] => {
  const reasons: Reason[] = []
  const { worstMs } = fault.predicted
  if (!returnedInTime(fault, headline)) {
    const how = headline.returnedMs === undefined ? 'did not return at all' : 'returned only when the fault was healed'
    reasons.push({ kind: 'service-never-returned', says: `${headline.probe}: service ${how}` })
  } else if (worstMs !== null && headline.spanMs > worstMs + headline.uncertaintyMs)
    reasons.push({
      kind: 'outage-over-budget',
      says: `${headline.probe}: ${milliseconds(headline.spanMs)} from first to last failure, predicted at most ${milliseconds(worstMs)}`,
    })
  for (const probe of fault.measured)
    if (probe !== headline && probe.budgetMs !== undefined && probe.spanMs > probe.budgetMs + probe.uncertaintyMs)
      reasons.push({
        kind: 'outage-over-budget',
        says: `${probe.probe}: ${milliseconds(probe.spanMs)} from first to last failure, limit ${milliseconds(probe.budgetMs)}`,
      })
  return reasons
}

const afterReasons = (fault: Unjudged): Reason[] => {
  const reasons: Reason[] = []
  const { safety, redundancy, virtualIp, undoProof } = fault
  if (safety.verdict === 'violated') {
    const broken = safety.properties.filter((one) => one.verdict === 'violated')
    reasons.push({
      kind: 'safety-violated',
      says:
        broken.map((one) => `this does not hold: ${one.title.charAt(0).toLowerCase()}${one.title.slice(1)}`).join('; ') ||
        'write safety was violated',
    })
  } else if (safety.verdict === 'unknown') {
    const open = safety.properties.filter((one) => one.verdict === 'unknown')
    reasons.push({
      kind: 'safety-unknown',
      says: open.map((one) => `${one.title}: ${one.because}`).join('; ') || 'write safety could not be told',
    })
  }
  if (virtualIp && !virtualIp.splitExpected && virtualIp.splitMs > splitLimitMs)
    reasons.push({ kind: 'virtual-ip-split', says: `two machines held the virtual IP for ${milliseconds(virtualIp.splitMs)}` })
  if (!undoProof.proven) reasons.push({ kind: 'fault-not-undone', says: `the fault was not seen to be gone: ${undoProof.says}` })
  if (!redundancy.back) {
    const missing = redundancy.claims.filter((one) => one.verdict !== 'True').map((one) => one.claim)
    reasons.push({
      kind: 'redundancy-not-back',
      says: missing.length > 0 ? `not true again: ${missing.join('; ')}` : 'redundancy did not come back',
    })
  } else if (redundancy.tookMs !== undefined && redundancy.limitMs !== undefined && redundancy.tookMs > redundancy.limitMs)
    reasons.push({
      kind: 'redundancy-not-back',
      says: `redundancy was back after ${milliseconds(redundancy.tookMs)}, limit ${milliseconds(redundancy.limitMs)}`,
    })
  return reasons
}

const samplesOf = (headline: ProbeResult | undefined): Reason[] => {
  if (!headline || headline.total < leastSamples)
    return [{ kind: 'too-few-samples', says: `${headline ? `${headline.probe} has ${headline.total} samples` : 'nothing was probed'}` }]
  const sampled = headline.total + headline.voided
  return headline.voided > sampled * voidLimit
    ? [{ kind: 'too-few-samples', says: `${headline.voided} of ${sampled} samples were void: the prober itself had stalled` }]
    : []
}

/** Classes of which requests failed, servers and machines of one class together; the worst ones by name. */
const disturbedIn = (measured: readonly ProbeResult[]): string | undefined => {
  const classes = new Map<string, { failed: number; total: number }>()
  for (const { probe, failed, total } of measured) {
    const name = probe.replace(/ \(undo\)$/, '').split(': ')[0] ?? probe
    const sum = classes.get(name) ?? { failed: 0, total: 0 }
    classes.set(name, { failed: sum.failed + failed, total: sum.total + total })
  }
  const disturbed = [...classes].filter(([, one]) => one.failed > 0).sort(([, a], [, b]) => b.failed - a.failed)
  if (disturbed.length === 0) return undefined
  const named = disturbed.slice(0, 4).map(([name, one]) => `${one.failed} of ${one.total} requests of ${name}`)
  return [...named, ...(disturbed.length > 4 ? [`requests of ${disturbed.length - 4} more classes`] : [])].join(', ')
}

/**
 * The verdict of one fault, and why. `fail` if a limit or an invariant is broken; `not-evaluated` if the fault was not seen in force,
 * or too little was seen of it; `pass` otherwise. A `must-fail` control passes when the outage was caught, a `must-hold` control
 * when nothing failed; both must leave every write safe.
 */
export const judgeFault = (fault: Unjudged): Pick<FaultReport, 'verdict' | 'reasons'> => {
  const headline = headlineOf(fault)
  const reasons: Reason[] = []
  if (fault.control === 'must-hold') {
    const said = disturbedIn(fault.measured)
    if (said !== undefined) reasons.push({ kind: 'control-disturbed', says: `without any fault ${said} failed` })
  } else if (fault.times.effectiveMs === undefined) reasons.push({ kind: 'not-run', says: 'the fault was never in force' })
  else if (!fault.effectProof.proven)
    reasons.push({ kind: 'fault-not-effective', says: `the fault was not seen in force: ${fault.effectProof.says}` })
  reasons.push(...samplesOf(headline))
  if (headline && fault.control === undefined) reasons.push(...outageReasons(fault, headline))
  if (headline && fault.control === 'must-fail' && returnedInTime(fault, headline) && reasons.length === 0)
    reasons.push({ kind: 'control-missed', says: `${headline.probe} saw no lasting outage although there was one: the detector is blind` })
  // A fault that never began leaves nothing to come back from.
  if (!reasons.some((one) => one.kind === 'not-run')) reasons.push(...afterReasons(fault))
  const failed = reasons.some((one) => !undecided.includes(one.kind))
  return { verdict: failed ? 'fail' : reasons.length > 0 ? 'not-evaluated' : 'pass', reasons }
}

/** Whether the detector was shown to work in this run: a real outage was caught and quiet was left alone. */
export const controlsOf = (faults: readonly FaultReport[]): 'passed' | 'failed' | 'not run' => {
  const controls = faults.filter((one) => one.control !== undefined)
  if (controls.some((one) => one.verdict === 'fail')) return 'failed'
  const passed = (kind: FaultReport['control']): boolean => controls.some((one) => one.control === kind && one.verdict === 'pass')
  return passed('must-fail') && passed('must-hold') ? 'passed' : 'not run'
}

/** 0 = every fault passed; 4 = a limit or an invariant is broken, or something could not be told. */
export const exitStatusOf = (report: Pick<DrillReport, 'faults'>): 0 | 4 =>
  report.faults.length > 0 && report.faults.every((one) => one.verdict === 'pass') ? 0 : 4
