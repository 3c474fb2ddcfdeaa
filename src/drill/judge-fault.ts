import { judgeHistory } from '../history/judge.js'
import { type RecordedFault, readHistory } from '../history/store.js'
import type { FaultReport, FaultTimes, ProbeResult, Reason, Timeline } from '../report/drill-report.js'
import { judgeFault } from '../report/verdict.js'
import { measureAll, type Phases } from './measure.js'
import { type FaultRecord, notDrilled, readFaultRecord, readSamples } from './record.js'
import type { Series } from './samples.js'
import { intervalLane, ownerLanes, ownership, probeLane, timelineOf } from './timeline.js'

const phasesOf = ({ plannedMs, armedMs, brokenMs, healedMs, toMs }: FaultRecord['moments']): Phases | undefined =>
  brokenMs === undefined || toMs === undefined ? undefined : { fromMs: armedMs ?? plannedMs, brokenMs, healedMs: healedMs ?? toMs, toMs }

const measuredOf = (record: FaultRecord, series: readonly Series[], phases: Phases): ProbeResult[] =>
  measureAll(series, phases, { victims: record.victims, budgets: record.budgets })

const timelineOfRecord = (record: FaultRecord, series: readonly Series[], fromMs: number, toMs: number): Timeline => {
  const { owners, mayHold, leaders, moments, redundancy } = record
  const lanes = [
    ...series.map((one) => probeLane(one, fromMs, toMs)),
    ...(mayHold.length > 0 ? ownerLanes(owners, mayHold, fromMs, toMs) : []),
    ...leaders.map(({ name, intervals }) => intervalLane('leader', name, intervals, 'holder', fromMs, toMs)),
  ]
  const lost = moments.effectiveMs ?? moments.brokenMs
  if (lost !== undefined) {
    const missing = { fromMs: lost, toMs: moments.redundancyBackMs ?? toMs, label: redundancy.back ? 'redundancy' : 'not back' }
    lanes.push(intervalLane('redundancy', 'redundancy', [missing], 'missing', fromMs, toMs))
  }
  return timelineOf(fromMs, toMs, lanes)
}

const timesOf = ({ moments, effectProof }: FaultRecord): FaultTimes => {
  const { plannedMs, armedMs, brokenMs, healedMs, redundancyBackMs } = moments
  // Broken by order, and never seen to be: everything else is judged from the order on.
  const effectiveMs = moments.effectiveMs ?? (effectProof.proven ? undefined : brokenMs)
  return {
    plannedMs,
    ...(armedMs === undefined ? {} : { armedMs }),
    ...(effectiveMs === undefined ? {} : { effectiveMs }),
    ...(healedMs === undefined ? {} : { healedMs }),
    ...(redundancyBackMs === undefined ? {} : { redundancyBackMs }),
  }
}

const stoppedReason = (record: FaultRecord): Reason | undefined => {
  if (record.state === 'open') return { kind: 'not-run', says: 'the drill ended in its middle, before anything could be judged' }
  return record.stopped === undefined ? undefined : { kind: 'not-run', says: `it ended early: ${record.stopped}` }
}

/**
 * The report of one recorded fault, from its directory alone: the same records give the same verdict. A fault that ended in its middle
 * is never a pass: `fail` if what was recorded already breaks an invariant, `not-evaluated` otherwise. Throws Q6901 or Q6902.
 */
export const judgeRecorded = async ({ directory }: Pick<RecordedFault, 'directory'>): Promise<FaultReport | undefined> => {
  const record = await readFaultRecord(directory)
  if (!record) return undefined
  const [{ history }, series] = await Promise.all([readHistory(directory), readSamples(directory)])
  const safety = judgeHistory(history)
  const phases = phasesOf(record.moments)
  const { planned, moments } = record
  const toMs = Math.max(phases?.toMs ?? moments.plannedMs, moments.redundancyBackMs ?? 0)
  const fromMs = phases?.fromMs ?? moments.plannedMs
  const held = record.mayHold.length > 0 && phases ? ownership(record.owners, phases.brokenMs, phases.toMs) : undefined
  const unjudged: Omit<FaultReport, 'verdict' | 'reasons'> = {
    ...notDrilled(planned, 'it did not come to that'),
    victim: { role: planned.role, machines: record.victims },
    domains: record.domains,
    measured: phases ? measuredOf(record, series, phases) : [],
    times: timesOf(record),
    effectProof: record.effectProof,
    undoProof: record.undoProof,
    safety: { verdict: safety.verdict, properties: safety.properties, acknowledgedWrites: safety.counts.acknowledgedWrites },
    ...(held ? { virtualIp: record.splitExpected ? { ...held, splitExpected: true as const } : held } : {}),
    redundancy: record.redundancy,
    timeline: timelineOfRecord(record, series, fromMs, toMs),
  }
  return withOwnReasons(record, unjudged, judgeFault(unjudged))
}

/** Reasons that only the record knows: it ended early, or the watcher of claims was blind. */
const withOwnReasons = (
  record: FaultRecord,
  unjudged: Omit<FaultReport, 'verdict' | 'reasons'>,
  judged: Pick<FaultReport, 'verdict' | 'reasons'>,
): FaultReport => {
  const stopped = stoppedReason(record)
  if (stopped) {
    // What is missing was not waited for; what is broken is broken.
    const broken = judged.reasons.filter((one) => one.kind === 'safety-violated')
    return { ...unjudged, verdict: broken.length > 0 ? 'fail' : 'not-evaluated', reasons: [stopped, ...broken] }
  }
  const { claimSeen } = record
  if (!claimSeen || claimSeen.seen || !record.effectProof.proven) return { ...unjudged, ...judged }
  const blind: Reason = {
    kind: 'claim-not-seen',
    says: `the claim ${claimSeen.id} was not seen untrue while the fault was in force: the watcher is blind`,
  }
  return { ...unjudged, verdict: 'fail', reasons: [...judged.reasons, blind] }
}
