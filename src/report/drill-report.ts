import type { PropertyVerdict } from '../history/types.js'
import type { Role, Topology } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import type { Comparison } from './comparison.js'
import type { Score } from './score.js'

/** Everything that a drill found out: plain JSON, the one input of every report format. Durations in milliseconds. */
export interface DrillReport {
  v: 1
  /** Version of quorate that drilled. */
  quorate: string
  cluster: ClusterSummary
  timing: Timing
  computer: ComputerFacts
  /** RFC 3339. */
  startedAt: string
  tookMs: number
  /** Seed of every random choice (victims, jitter), so that the run can be repeated. */
  seed?: number
  faults: FaultReport[]
  domains: DomainReport[]
  score: Score
  comparison?: Comparison
}

export interface ClusterSummary {
  name: string
  kubernetesVersion: string
  /** host:port at which clients reach the API. */
  endpoint: string
  balancer: string
  topology: Topology
  machines: { name: string; address: string; zone?: string; roles: Role[] }[]
}

/** Where the drill ran. Figures from a shared two-core computer are not those of a data centre. */
export interface ComputerFacts {
  /** true = machines made on this computer, false = hosts over SSH. */
  lab: boolean
  cpus: number
  cpuModel: string
  memoryBytes: number
  kernel: string
  os: string
  node: string
}

export type FaultCategory = 'process' | 'machine' | 'network' | 'storage' | 'control'

/** A thing whose loss the cluster must survive. */
export interface Domain {
  kind: 'machine' | 'zone' | 'component'
  name: string
}

export interface FaultReport {
  /** From the fault table: `etcd-leader-kill`. Unique within the report together with the victim. */
  id: string
  title: string
  category: FaultCategory
  /** Controls test the detector: `must-fail` has to be caught, `must-hold` has to be clean. */
  control?: 'must-fail' | 'must-hold'
  victim: { role: string; machines: string[] }
  /** What was lost entirely. A fault that only disturbs (a dropped packet size) names none. */
  domains: Domain[]
  predicted: Prediction
  measured: ProbeResult[]
  times: FaultTimes
  /** How it was seen that the fault was really in force, and that it was really gone. */
  effectProof: Proof
  undoProof: Proof
  safety: { verdict: 'valid' | 'violated' | 'unknown'; properties: PropertyVerdict[]; acknowledgedWrites: number }
  /** `splitExpected`: two holders are what this fault makes, so they break no limit. */
  virtualIp?: { gapMs: number; splitMs: number; splitExpected?: true }
  redundancy: Redundancy
  verdict: 'pass' | 'fail' | 'not-evaluated'
  reasons: Reason[]
  timeline: Timeline
  /** One entry per repetition, this one included. Empty = drilled once. */
  repeats: Repeat[]
}

/** Worked out from the timing profile before anything was broken. null = no bound is claimed. */
export interface Prediction {
  /** Probe class that the prediction speaks of. */
  probe: string
  worstMs: number | null
  /** The formula with its numbers filled in. */
  formula: string
}

/** What one class of client felt. Classes are never merged: each fails in its own way. */
export interface ProbeResult {
  /** `new connection`, `kept connection`, `HTTP/2 with ping`, `watch`, `writes`, `DNS`, ... */
  probe: string
  /** Longest run of failed requests. */
  longestMs: number
  /** From the first failed request to the last. */
  spanMs: number
  /** Outage windows. */
  count: number
  /** When the first clean answer after its last failure was there, on the clock of the timeline. Absent = nothing failed, or none came. */
  returnedMs?: number
  failed: number
  total: number
  /** Samples thrown away because the prober itself had stalled. */
  voided: number
  /** Failures by phase and cause: {"connect timeout": 12}. */
  errors: Record<string, number>
  latency: { before: Percentiles; during: Percentiles; after: Percentiles }
  /** The figures above are right to within this: one interval plus the prober's own delay. */
  uncertaintyMs: number
  /** Limit of this class, where it has one of its own. */
  budgetMs?: number
}

/** null = no sample. */
export interface Percentiles {
  p50: number | null
  p95: number | null
  p99: number | null
}

/** On the clock of the timeline. Absent = never happened. */
export interface FaultTimes {
  plannedMs: number
  armedMs?: number
  effectiveMs?: number
  healedMs?: number
  redundancyBackMs?: number
}

export interface Proof {
  proven: boolean
  /** What was seen: "pid 4121 gone, systemd restarted it as 4188 after 210 ms". */
  says: string
}

export interface Redundancy {
  back: boolean
  /** From healing to the last claim true again. */
  tookMs?: number
  limitMs?: number
  claims: { id: string; claim: string; verdict: 'True' | 'False' | 'Unknown'; evidence: string }[]
}

export type ReasonKind =
  | 'fault-not-effective'
  | 'fault-not-undone'
  | 'not-run'
  | 'service-never-returned'
  | 'outage-over-budget'
  | 'safety-violated'
  | 'safety-unknown'
  | 'virtual-ip-split'
  | 'redundancy-not-back'
  | 'control-missed'
  | 'control-disturbed'
  | 'claim-not-seen'
  | 'too-few-samples'
  | 'repeat-failed'

export interface Reason {
  kind: ReasonKind
  says: string
}

export interface DomainReport {
  domain: string
  kind: Domain['kind']
  verdict: 'proven' | 'disproved' | 'not proven'
  because: string[]
  /** Ids of the faults that this rests on. */
  faults: string[]
}

/** All times on one clock; the report shifts them so that `times.effectiveMs` is zero. */
export interface Timeline {
  fromMs: number
  toMs: number
  lanes: Lane[]
}

export type LaneGroup = 'probe' | 'virtual-ip' | 'leader' | 'watch' | 'redundancy'

export interface Lane {
  group: LaneGroup
  /** `new connection`, `VIP on lb-1`, `etcd leader`. */
  name: string
  segments: Segment[]
  points: Point[]
}

/**
 * ok, failing, degraded: a probe. owner: the machine holds the virtual IP. holder: `label` leads or holds the lease. open: a watch is
 * connected. void: the prober had stalled. missing: something redundant is gone.
 */
export interface Segment {
  fromMs: number
  toMs: number
  kind: 'ok' | 'failing' | 'degraded' | 'owner' | 'holder' | 'open' | 'void' | 'missing'
  label?: string
}

export interface Point {
  atMs: number
  kind: 'failed' | 'event'
  label?: string
}

export interface Repeat {
  victim: string
  /** Of the probe class that the prediction speaks of. */
  longestMs: number
  spanMs: number
  failed: number
  total: number
  verdict: FaultReport['verdict']
}
