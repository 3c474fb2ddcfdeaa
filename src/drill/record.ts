import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdjsonWriter, readNdjson } from '../history/ndjson.js'
import type { RunHead } from '../history/store.js'
import type { CheckResult } from '../model/check.js'
import type { Cluster } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import type { Timing } from '../model/timing.js'
import type {
  ClusterSummary,
  ComputerFacts,
  Domain,
  FaultCategory,
  FaultReport,
  Prediction,
  Proof,
  Redundancy,
} from '../report/drill-report.js'
import type { Interval, Sample, Series } from './samples.js'

/** A fault that a drill means to make; what a run that was cut short did not get to is known from these. */
export interface PlannedFault {
  /** Counts from 1, in order of drilling. */
  n: number
  id: string
  title: string
  category: FaultCategory
  control?: 'must-fail' | 'must-hold'
  /** Role in words, with the zone where it is one. */
  role: string
  zone?: string
  predicted: Prediction
  /** Which repetition, from 1. */
  repeat: number
}

/** What run.json holds beside the head of every run. `state` is `open` until the drill has ended by itself. */
export interface DrillHead extends RunHead {
  state: 'open' | 'done' | 'interrupted' | 'failed'
  /** Why it did not end by itself. */
  ended?: string
  tookMs?: number
  seed: number
  about: ClusterSummary
  timing: Timing
  computer: ComputerFacts
  planned: PlannedFault[]
  leftOut: { id: string; title: string; because: string }[]
  /** Parts whose loss is drilled apart from whole machines. */
  components: string[]
  /** Claims after the last fault; absent = nobody looked any more. */
  claims?: CheckResult[]
}

/** Moments on the monotonic clock of the computer that drilled. Absent = it did not come to that. */
export interface Moments {
  plannedMs: number
  /** The undo is armed on the victim. */
  armedMs?: number
  /** Orders to break and to mend. */
  brokenMs?: number
  healedMs?: number
  effectiveMs?: number
  goneMs?: number
  redundancyBackMs?: number
  toMs?: number
}

/** Everything about one drilled fault but its history and its samples: timeline.json. Written when it begins and when it ends. */
export interface FaultRecord {
  v: 1
  state: 'open' | 'done'
  /** Why it ended early: `interrupted`, or what went wrong. */
  stopped?: string
  planned: PlannedFault
  /** RFC 3339. */
  at: string
  victims: string[]
  domains: Domain[]
  /** Limits of classes beside the headline, milliseconds; null = failing for ever is allowed. */
  budgets: Record<string, number | null>
  moments: Moments
  effectProof: Proof
  undoProof: Proof
  /** Two holders of the virtual IP are what this fault makes. */
  splitExpected?: true
  /** A claim that had to be seen untrue while the fault was in force. */
  claimSeen?: { id: string; seen: boolean }
  redundancy: Redundancy
  owners: Interval[]
  /** Machines that may hold the virtual IP; empty where there is none. */
  mayHold: string[]
  leaders: { name: string; intervals: Interval[] }[]
  /** What was done to bring the cluster back, and what could not be seen. */
  notes: string[]
}

type Row = [atMs: number, tookMs: number, why: string, retry: 1 | 0 | -1, void_: 0 | 1]

interface SeriesLine extends Omit<Series, 'samples'> {
  rows: Row[]
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100

const rowOf = ({ atMs, tookMs, ok, why, retryOk, void: isVoid }: Sample): Row => [
  rounded(atMs),
  rounded(tookMs),
  ok ? '' : (why ?? 'unknown'),
  retryOk === undefined ? -1 : retryOk ? 1 : 0,
  isVoid ? 1 : 0,
]

const sampleOf = ([atMs, tookMs, why, retry, isVoid]: Row): Sample => ({
  atMs,
  tookMs,
  ok: why === '',
  ...(why === '' ? {} : { why }),
  ...(retry === -1 ? {} : { retryOk: retry === 1 }),
  ...(isVoid === 1 ? { void: true as const } : {}),
})

const samplesFile = (directory: string): string => join(directory, 'samples.ndjson')

/** Writes what every class saw, a line a class: samples.ndjson. Throws Q6904. */
export const writeSamples = async (directory: string, series: readonly Series[]): Promise<void> => {
  const writer = await NdjsonWriter.open(samplesFile(directory))
  for (const { samples, ...head } of series) writer.write({ ...head, rows: samples.map(rowOf) } satisfies SeriesLine)
  await writer.close()
}

/** Reads what writeSamples wrote; nothing where nothing was written. Throws Q6901 or Q6902. */
export const readSamples = async (directory: string): Promise<Series[]> => {
  const { records } = await readNdjson<SeriesLine>(samplesFile(directory))
  return records.map(({ rows, ...head }) => ({ ...head, samples: rows.map(sampleOf) }))
}

/** Reads timeline.json of one fault; undefined where the drill ended before it was written. Throws Q6902. */
export const readFaultRecord = async (directory: string): Promise<FaultRecord | undefined> => {
  const file = join(directory, 'timeline.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.parse(text) as FaultRecord
  } catch (error) {
    throw fault('Q6902', { file, line: 1, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

/** What a report says of the cluster. */
export const aboutOf = (cluster: Cluster, topology: ClusterSummary['topology']): ClusterSummary => ({
  name: cluster.name,
  kubernetesVersion: cluster.kubernetesVersion,
  endpoint: `${cluster.endpoint.address}:${cluster.endpoint.port}`,
  balancer: cluster.balancer,
  topology,
  machines: cluster.machines.map(({ name, address, zone, roles }) => ({ name, address, roles, ...(zone === undefined ? {} : { zone }) })),
})

/** A fault of which there is nothing but the plan. */
export const notDrilled = (planned: PlannedFault, why: string): Omit<FaultReport, 'verdict' | 'reasons'> => ({
  id: planned.id,
  title: planned.title,
  category: planned.category,
  ...(planned.control ? { control: planned.control } : {}),
  victim: { role: planned.role, machines: [] },
  domains: [],
  predicted: planned.predicted,
  measured: [],
  times: { plannedMs: 0 },
  effectProof: { proven: false, says: why },
  undoProof: { proven: false, says: why },
  safety: { verdict: 'unknown', properties: [], acknowledgedWrites: 0 },
  redundancy: { back: false, claims: [] },
  timeline: { fromMs: 0, toMs: 0, lanes: [] },
  repeats: [],
})
