import { setTimeout as sleep } from 'node:timers/promises'
import { createRun, type FaultRecorder, recordFault } from '../history/store.js'
import { type MachineSpec, topologyOf } from '../model/cluster.js'
import { describe } from '../model/codes.js'
import type { Emit } from '../model/event.js'
import { type Fault, fault, type Problem } from '../model/problem.js'
import type { DrillReport, FaultReport } from '../report/drill-report.js'
import { headlineOf } from '../report/verdict.js'
import type { FaultSpec } from './faults/fault.js'
import { componentsOf } from './faults/what-is-lost.js'
import { requireHealthy } from './guard.js'
import { judgeRecorded } from './judge-fault.js'
import { type JudgedRun, judgeRun } from './judge-run.js'
import { type DrillPlan, type DrillSelection, planDrill } from './plan-drill.js'
import { randomOf } from './random.js'
import { aboutOf, type DrillHead, type FaultRecord, type PlannedFault } from './record.js'
import { FaultRun } from './run-fault.js'
import { monotonicMs } from './samples.js'
import { findVictims } from './victims.js'
import type { DrillWorld, Watcher } from './world.js'

export interface DrillOptions {
  /** Everything is recorded here. */
  directory: string
  /** Version of quorate. */
  quorate: string
  select: DrillSelection
  seed: number
  /** Drill although claims do not hold. */
  force?: boolean
  /** Measured before each fault; default 2,000. */
  baselineMs?: number
  /** Other holds than those of the table, for tests of what is around them. */
  pace?: Pick<FaultSpec, 'holdMs' | 'settleMs'>
  against?: { report: DrillReport; name: string }
  emit: Emit
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now?: () => number
}

export interface DrillResult extends JudgedRun {
  directory: string
  /** Why the drill ended before its end, if it did. */
  problem?: Problem
}

/** Claims are given this long to hold before a drill, and after leftovers of another one were undone. */
const healthyWithinMs = 15_000
/** Longest time to see who plays the role that a fault hits. */
const roleWithinMs = 15_000
const healedWithinMs = 120_000
const defaultBaselineMs = 2000

/** What is written to while a fault is drilled. */
interface Current {
  recorder?: FaultRecorder
  acknowledged: number
}

/**
 * Drills a cluster: one fault at a time from a healthy cluster to a healthy cluster, everything recorded in `directory`, and judges the
 * records. The signal ends it after the fault in hand was undone; what was drilled until then is judged all the same. Throws Q6302 when
 * the cluster is not healthy, Q6001 or Q6304 for a wrong selection, Q6501 when nothing can be measured, Q6904 when nothing can be written.
 */
export const runDrill = async (world: DrillWorld, options: DrillOptions): Promise<DrillResult> => {
  const { directory, emit, signal } = options
  const { cluster } = world
  const plan = planDrill(cluster, world.computer.lab, options.select, world.predict)
  emit({
    type: 'run.started',
    verb: 'drill',
    cluster: cluster.name,
    machines: cluster.machines.map((m) => m.name),
    steps: plan.steps.length,
  })
  const startedMs = monotonicMs()
  await makeReady(world, options)
  const head: DrillHead = {
    v: 1,
    quorate: options.quorate,
    cluster: cluster.name,
    startedAt: new Date().toISOString(),
    state: 'open',
    seed: options.seed,
    about: aboutOf(cluster, topologyOf(cluster)),
    timing: world.timing,
    computer: world.computer,
    planned: plan.steps.map((one) => one.planned),
    leftOut: plan.leftOut,
    components: componentsOf(cluster),
  }
  await createRun(directory, head)
  const current: Current = { acknowledged: 0 }
  let problem: Problem | undefined
  const told = new Set<string>()
  const watcher = await world.watch({
    operation: (one) => {
      current.recorder?.operation(one)
      if (one.outcome === 'ok') current.acknowledged = Math.max(current.acknowledged, one.revision ?? 0)
    },
    watchEvent: (one) => current.recorder?.watchEvent(one),
    problem: (text) => {
      // The same trouble again says nothing new.
      if (told.has(text)) return
      told.add(text)
      emit({ type: 'note', level: 'warning', text })
    },
  })
  try {
    problem = await drillAll(world, watcher, plan, current, options)
  } finally {
    await watcher.stop()
  }
  const claims = signal.aborted ? undefined : await world.check().catch(() => undefined)
  const state = problem ? 'failed' : signal.aborted ? 'interrupted' : 'done'
  const ended: DrillHead = {
    ...head,
    state,
    ...(problem ? { ended: describe(problem).message } : {}),
    tookMs: monotonicMs() - startedMs,
    ...(claims ? { claims } : {}),
  }
  await createRun(directory, ended)
  const against = options.against ? { against: options.against } : {}
  const judged = await judgeRun(directory, { now: (options.now ?? Date.now)(), ...against })
  emit({ type: 'run.finished', verb: 'drill', ok: judged.complete && !problem, ms: monotonicMs() - startedMs, changed: 0 })
  return { ...judged, directory, ...(problem ? { problem } : {}) }
}

/** Undoes what an earlier drill left, says so, and looks whether every claim holds. */
const makeReady = async (world: DrillWorld, { emit, force = false, signal }: DrillOptions): Promise<void> => {
  const healed = await world.heal()
  for (const text of healed) emit({ type: 'note', level: 'warning', text: `left by an earlier drill, undone: ${text}` })
  const { results } = await world.waitForClaims(healed.length > 0 ? healedWithinMs : healthyWithinMs, signal)
  const open = requireHealthy(results, world.cluster.name, force)
  for (const one of open)
    emit({ type: 'note', level: 'warning', text: `drilled although it does not hold: ${one.claim} (${one.evidence})` })
}

const drillAll = async (
  world: DrillWorld,
  watcher: Watcher,
  plan: DrillPlan,
  current: Current,
  options: DrillOptions,
): Promise<Problem | undefined> => {
  const random = randomOf(options.seed)
  const run = `d${Math.floor(Date.now() / 1000).toString(36)}`
  let gone: string | undefined
  void watcher.ended.then((why) => {
    gone = why
  })
  for (const { spec, planned } of plan.steps) {
    if (options.signal.aborted) return undefined
    if (gone !== undefined) return fault('Q6502', { reason: gone }).problem
    const record = await drillOne(world, watcher, { ...spec, ...options.pace }, planned, {
      random,
      run,
      of: plan.steps.length,
      current,
      options,
    })
    if (record.redundancy.back || options.signal.aborted || options.force) continue
    // Nothing was broken, so nothing has to come back.
    if (record.moments.brokenMs === undefined) continue
    const problem = await recover(world, planned, options)
    if (problem) return problem.problem
  }
  return gone === undefined ? undefined : fault('Q6502', { reason: gone }).problem
}

interface Surroundings {
  random: () => number
  run: string
  of: number
  current: Current
  options: DrillOptions
}

/** A role may be between two machines, and on a busy computer samples come late: what is not seen is looked for again, for a while. */
const chooseVictims = async (
  world: DrillWorld,
  watcher: Watcher,
  spec: FaultSpec,
  planned: PlannedFault,
  random: () => number,
  signal: AbortSignal,
): Promise<MachineSpec[]> => {
  const endMs = monotonicMs() + roleWithinMs
  for (;;) {
    const { machines } = findVictims(spec.victim, world.cluster, await watcher.roles(), random, planned.zone)
    if (machines.length > 0 || spec.victim === 'nothing' || signal.aborted || monotonicMs() > endMs) return machines
    await sleep(200, undefined, { signal }).catch(() => undefined)
  }
}

const drillOne = async (
  world: DrillWorld,
  watcher: Watcher,
  spec: FaultSpec,
  planned: PlannedFault,
  { random, run, of, current, options }: Surroundings,
): Promise<FaultRecord> => {
  const { emit, signal, baselineMs = defaultBaselineMs } = options
  const startedMs = monotonicMs()
  const machines = await chooseVictims(world, watcher, spec, planned, random, signal)
  const victims = machines.map((one) => one.name)
  const { n, id, title, role, predicted } = planned
  emit({ type: 'drill.fault.started', n, of, fault: id, title, role, victims, predictedMs: predicted.worstMs })
  const recorder = await recordFault(options.directory, n, id)
  Object.assign(current, { recorder, acknowledged: 0 })
  const one = new FaultRun(world, watcher, spec, planned, machines, world.predict(spec).budgets, recorder, {
    baselineMs,
    signal,
    random,
    onPhase: (phase) => emit({ type: 'drill.fault.phase', n, fault: id, phase }),
    acknowledged: () => current.acknowledged,
  })
  let record: FaultRecord
  try {
    record =
      spec.victim !== 'nothing' && machines.length === 0
        ? await one.skip(`it could not be seen who is ${role}`)
        : await one.run(`${run}-${n}`, String(n).padStart(3, '0'))
  } finally {
    delete current.recorder
    await recorder.close()
    watcher.forget(monotonicMs() - 1000)
  }
  const judged = await judgeRecorded(recorder)
  if (judged) emit(doneEvent(judged, planned, of, monotonicMs() - startedMs))
  return record
}

const doneEvent = (judged: FaultReport, { n }: PlannedFault, of: number, ms: number): Parameters<Emit>[0] => {
  const probe = headlineOf(judged)
  return {
    type: 'drill.fault.done',
    n,
    of,
    fault: judged.id,
    title: judged.title,
    victims: judged.victim.machines,
    verdict: judged.verdict,
    probe: probe?.probe ?? judged.predicted.probe,
    spanMs: probe?.spanMs ?? 0,
    longestMs: probe?.longestMs ?? 0,
    predictedMs: judged.predicted.worstMs,
    redundancyMs: judged.redundancy.tookMs ?? null,
    safety: judged.safety.verdict,
    reasons: judged.reasons.map((one) => one.says),
    ms,
  }
}

/** Once more everything that may have been left is undone; a drill that cannot go on from a healthy cluster does not go on. */
const recover = async (world: DrillWorld, planned: PlannedFault, { emit, signal }: DrillOptions): Promise<Fault | undefined> => {
  for (const text of await world.heal()) emit({ type: 'note', level: 'warning', text: `left by ${planned.id}, undone: ${text}` })
  const waited = await world.waitForClaims(healedWithinMs, signal).catch(() => undefined)
  if (!waited || waited.ok) return undefined
  const open = waited.results.filter((one) => one.verdict !== 'True')
  const first = open[0] ? `${open[0].claim} (${open[0].evidence})` : 'none was seen'
  return fault('Q6303', { fault: planned.title, cluster: world.cluster.name, open: open.length, first })
}
