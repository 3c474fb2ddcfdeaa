import { type RecordedFault, readRun } from '../history/store.js'
import { fault } from '../model/problem.js'
import { assembleReport } from '../report/assemble.js'
import type { DrillReport, FaultReport } from '../report/drill-report.js'
import { mergeRepeats } from '../report/repeats.js'
import { judgeFault } from '../report/verdict.js'
import { judgeRecorded } from './judge-fault.js'
import { type DrillHead, notDrilled, type PlannedFault } from './record.js'

export interface JudgedRun {
  report: DrillReport
  head: DrillHead
  /** Every planned fault was drilled to its end. */
  complete: boolean
  /** What is missing, in words. */
  notes: string[]
}

export interface JudgeRunOptions {
  /** Milliseconds since the epoch: old drills prove less. */
  now: number
  against?: { report: DrillReport; name: string }
  /** A fault was judged. */
  onFault?: (report: FaultReport) => void
}

const unrecorded = (planned: PlannedFault, why: string): FaultReport => {
  const unjudged = notDrilled(planned, why)
  return { ...unjudged, ...judgeFault(unjudged), verdict: 'not-evaluated', reasons: [{ kind: 'not-run', says: why }] }
}

const whyMissing = (head: DrillHead): string => {
  if (head.state === 'interrupted') return 'the drill was interrupted before it'
  if (head.state === 'failed') return `the drill ended before it: ${head.ended ?? 'no reason was recorded'}`
  return 'the drill ended before it, and nobody recorded why'
}

const notesOf = (head: DrillHead, missing: number): string[] => {
  const notes: string[] = []
  if (head.state === 'open') notes.push('the run is incomplete: the drill that recorded it was killed, or is still at work')
  if (head.state === 'interrupted') notes.push('the run is incomplete: it was interrupted')
  if (head.state === 'failed') notes.push(`the run is incomplete: ${head.ended ?? 'it failed'}`)
  if (missing > 0) notes.push(`${missing} of ${head.planned.length} planned faults were not drilled to their end`)
  return notes
}

/**
 * Judges a recorded run from its directory alone: every history, every fault, every failure domain, the score. A planned fault without
 * record is `not-evaluated`, never left out. Throws Q6901 where there is no run, Q6902 for a damaged file, Q6903 for another format.
 */
export const judgeRun = async (directory: string, options: JudgeRunOptions): Promise<JudgedRun> => {
  const { head: plain, faults: recorded } = await readRun(directory)
  const head = plain as DrillHead
  if (!Array.isArray(head.planned)) throw fault('Q6901', { directory, reason: 'it records no drill' })
  const byNumber = new Map<number, RecordedFault>(recorded.map((one) => [one.n, one]))
  const runs = new Map<string, FaultReport[]>()
  let missing = 0
  for (const planned of head.planned) {
    const found = byNumber.get(planned.n)
    const judged = found ? await judgeRecorded(found) : undefined
    const report = judged ?? unrecorded(planned, whyMissing(head))
    if (report.reasons.some((one) => one.kind === 'not-run')) missing++
    options.onFault?.(report)
    const key = `${planned.id} ${planned.zone ?? ''}`
    runs.set(key, [...(runs.get(key) ?? []), report])
  }
  const report = assembleReport(
    {
      quorate: head.quorate,
      cluster: head.about,
      timing: head.timing,
      computer: head.computer,
      startedAt: head.startedAt,
      tookMs: head.tookMs ?? 0,
      seed: head.seed,
      faults: [...runs.values()].map(mergeRepeats),
      claims: head.claims ?? [],
      components: head.components,
    },
    { now: options.now, ...(options.against ? { against: options.against } : {}) },
  )
  return { report, head, complete: head.state === 'done' && missing === 0, notes: notesOf(head, missing) }
}
