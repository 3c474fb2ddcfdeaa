import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultRecorder } from '../history/store.js'
import type { CheckResult } from '../model/check.js'
import type { MachineSpec } from '../model/cluster.js'
import { Fault } from '../model/problem.js'
import type { Redundancy } from '../report/drill-report.js'
import type { FaultSpec } from './faults/fault.js'
import { windowsOf } from './measure.js'
import { readFinals, readHashes } from './quiet.js'
import { type FaultRecord, type Moments, type PlannedFault, writeSamples } from './record.js'
import { monotonicMs } from './samples.js'
import type { DrillWorld, FaultInHand, Watcher } from './world.js'

/** What a fault is at. */
export type FaultPhase = 'prepare' | 'baseline' | 'break' | 'hold' | 'mend' | 'settle' | 'redundancy'

export interface RunFaultOptions {
  baselineMs: number
  signal: AbortSignal
  random: () => number
  onPhase: (phase: FaultPhase) => void
  /** Highest revision that was acknowledged so far. */
  acknowledged: () => number
}

const defaultRedundancyMs = 120_000
/** Kernels and systemd need this long to die or to stop at most; a clean reboot waits for services. */
const effectMs: Partial<Record<FaultSpec['mechanism']['kind'], number>> = { reboot: 45_000, 'power-cycle': 30_000 }
const defaultEffectMs = 20_000
const undoneMs = 120_000
/** Added to all that a fault takes by plan: only then the timer on the victim undoes it. */
const undoMarginMs = 90_000
/** Longest wait for clean answers after a fault is gone. */
const cleanWithinMs = 60_000
const claimEveryMs = 300
const stepMs = 100

const headline = 'new connection'

/** Sleeps, and wakes early without throwing when the signal comes. */
const rest = (ms: number, signal: AbortSignal): Promise<void> => sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined)

const reasonOf = (error: unknown): string =>
  error instanceof Fault
    ? `${error.problem.code} ${Object.values(error.problem.data).join(' ')}`
    : error instanceof Error
      ? error.message
      : String(error)

const claimsOf = (results: readonly CheckResult[]): Redundancy['claims'] =>
  results.map(({ id, claim, verdict, evidence }) => ({ id, claim, verdict, evidence }))

/** Drills one fault: everything between a healthy cluster and a healthy cluster. One object a fault; `record` is always ready to be written. */
export class FaultRun {
  readonly record: FaultRecord
  readonly #moments: Moments

  constructor(
    private readonly world: DrillWorld,
    private readonly watcher: Watcher,
    private readonly spec: FaultSpec,
    planned: PlannedFault,
    private readonly victims: readonly MachineSpec[],
    budgets: Record<string, number | null>,
    private readonly recorder: FaultRecorder,
    private readonly options: RunFaultOptions,
  ) {
    const none = { proven: false, says: 'it did not come to that' }
    this.#moments = { plannedMs: monotonicMs() }
    this.record = {
      v: 1,
      state: 'open',
      planned,
      at: new Date().toISOString(),
      victims: victims.map((one) => one.name),
      domains: spec.lost(victims, world.cluster),
      budgets,
      moments: this.#moments,
      effectProof: none,
      undoProof: none,
      ...(spec.expects.splitIsTheFault ? { splitExpected: true as const } : {}),
      ...(spec.expects.claimSeen ? { claimSeen: { id: spec.expects.claimSeen, seen: false } } : {}),
      redundancy: { back: false, limitMs: spec.expects.redundancyMs ?? defaultRedundancyMs, claims: [] },
      owners: [],
      mayHold: [...world.mayHold],
      leaders: [],
      notes: [],
    }
  }

  get #limitMs(): number {
    return this.record.redundancy.limitMs ?? defaultRedundancyMs
  }

  /** `id` names files on the victims. Throws only what makes going on useless: nowhere to record, nobody who measures. */
  async run(id: string, set: string): Promise<FaultRecord> {
    const { spec, record, options } = this
    const forceMs = effectMs[spec.mechanism.kind] ?? defaultEffectMs
    const undoAfterMs = options.baselineMs + forceMs + spec.holdMs + undoMarginMs
    await this.recorder.timeline(record)
    let fault: FaultInHand | undefined
    let prefix: string | undefined
    try {
      options.onPhase('prepare')
      fault = await this.world.open(spec, this.victims, { id, undoAfterMs, signal: options.signal, random: options.random })
      const [begun] = await Promise.all([this.watcher.beginSet(set), fault.prepare()])
      prefix = begun.prefix
      this.#moments.armedMs = monotonicMs()
      options.onPhase('baseline')
      await rest(options.baselineMs, options.signal)
      if (!options.signal.aborted) await this.#break(fault, forceMs)
    } catch (error) {
      this.#stop(reasonOf(error))
    }
    if (fault) await this.#mend(fault)
    await this.#after(prefix)
    await this.#write()
    return record
  }

  /** Nothing is broken; says why. */
  async skip(why: string): Promise<FaultRecord> {
    this.#stop(why)
    this.record.state = 'done'
    await this.recorder.timeline(this.record)
    return this.record
  }

  #stop(why: string): void {
    this.record.stopped ??= this.options.signal.aborted ? 'interrupted' : why
  }

  async #break(fault: FaultInHand, forceMs: number): Promise<void> {
    const { options, spec, record } = this
    options.onPhase('break')
    // Set before the order, so that an order that hangs or fails still counts from here.
    this.#moments.brokenMs = monotonicMs()
    const { atMs } = await fault.inject()
    this.#moments.brokenMs = Math.min(atMs, monotonicMs())
    const { proven, says, atMs: seenMs } = await fault.awaitEffect(forceMs)
    record.effectProof = { proven, says }
    if (!proven) return
    this.#moments.effectiveMs = seenMs
    options.onPhase('hold')
    const untilMs = seenMs + spec.holdMs
    await this.#watchClaim(untilMs)
    await rest(untilMs - monotonicMs(), options.signal)
  }

  /** A watcher that does not see this is blind. */
  async #watchClaim(untilMs: number): Promise<void> {
    const wanted = this.record.claimSeen
    while (wanted && !wanted.seen && monotonicMs() < untilMs && !this.options.signal.aborted) {
      const results = await this.world.check([wanted.id]).catch(() => [])
      wanted.seen = results.some((one) => one.id === wanted.id && one.verdict === 'False')
      if (!wanted.seen) await rest(claimEveryMs, this.options.signal)
    }
  }

  /** Never left out and never cut short, whatever happened before. */
  async #mend(fault: FaultInHand): Promise<void> {
    this.options.onPhase('mend')
    this.#moments.healedMs = monotonicMs()
    if (this.options.signal.aborted) this.#stop('interrupted')
    try {
      const { atMs } = await fault.undo()
      // Before the order was given nothing was mended, whatever a clock says.
      this.#moments.healedMs = Math.max(this.#moments.healedMs, Math.min(atMs, monotonicMs()))
      const { proven, says, atMs: goneMs } = await fault.awaitUndone(undoneMs)
      this.record.undoProof = { proven, says }
      if (proven) this.#moments.goneMs = goneMs
    } catch (error) {
      this.record.undoProof = { proven: false, says: reasonOf(error) }
      this.record.notes.push(`undo: ${reasonOf(error)}`)
    }
  }

  /** Waiting for redundancy and reading what is stored go on side by side. */
  async #after(prefix: string | undefined): Promise<void> {
    const { options } = this
    // After Ctrl-C nobody waits for minutes; whether the cluster is well again is told by `quorate check`.
    const untilMs = monotonicMs() + (options.signal.aborted ? 0 : this.#limitMs)
    const redundancy = options.signal.aborted ? Promise.resolve() : this.#redundancy(untilMs)
    options.onPhase('settle')
    await this.#settle()
    this.#moments.toMs = monotonicMs()
    // A server that is still starting owes its watch as much as one that is up.
    const unended = await this.watcher.quiet(Math.max(0, untilMs - monotonicMs())).catch((error) => {
      this.#stop(reasonOf(error))
      return ['all']
    })
    if (unended.length > 0) this.record.notes.push(`watches not brought to their end: ${unended.join(', ')}`)
    if (prefix !== undefined) await this.#finals(prefix, untilMs)
    options.onPhase('redundancy')
    await redundancy
  }

  async #redundancy(untilMs: number): Promise<void> {
    const { redundancy } = this.record
    try {
      const { ok, results } = await this.world.waitForClaims(untilMs - monotonicMs(), this.options.signal)
      redundancy.claims = claimsOf(results)
      redundancy.back = ok
      if (!ok) return
      this.#moments.redundancyBackMs = monotonicMs()
      redundancy.tookMs = this.#moments.redundancyBackMs - (this.#moments.healedMs ?? this.#moments.redundancyBackMs)
    } catch (error) {
      if (this.options.signal.aborted) this.#stop('interrupted')
      else this.record.notes.push(`claims: ${reasonOf(error)}`)
    }
  }

  /** Measures on until service has been clean for `settleMs`. */
  async #settle(): Promise<void> {
    const { spec, options } = this
    const startMs = monotonicMs()
    const endMs = startMs + cleanWithinMs
    while (!options.signal.aborted && monotonicMs() < endMs) {
      const nowMs = monotonicMs()
      const fromMs = this.#moments.brokenMs ?? startMs
      const asked = this.watcher.series(fromMs, nowMs).filter((one) => one.probe === headline)
      const last = asked.flatMap((one) => windowsOf(one.samples).at(-1) ?? [])
      const cleanSinceMs = Math.max(startMs, ...last.map((one) => one.toMs ?? nowMs))
      if (nowMs - cleanSinceMs >= spec.settleMs) return
      await rest(Math.max(stepMs, spec.settleMs - (nowMs - cleanSinceMs)), options.signal)
    }
  }

  async #finals(prefix: string, untilMs: number): Promise<void> {
    const { signal, acknowledged } = this.options
    // At least long enough that sources which answer are read.
    const deadlineMs = Math.max(untilMs, monotonicMs() + 10_000)
    const sources = this.world.finalSources(prefix)
    const { finals, missing } = await readFinals(sources, { untilMs: deadlineMs, atLeast: acknowledged(), signal })
    for (const final of finals) await this.recorder.final(final)
    if (missing.length > 0) this.record.notes.push(`could not be read at the end: ${missing.join(', ')}`)
    const hashed = await readHashes(this.world.hashSources(), monotonicMs() + 10_000, signal)
    await this.recorder.hashes(hashed)
  }

  async #write(): Promise<void> {
    const { record, watcher } = this
    const toMs = this.#moments.toMs ?? monotonicMs()
    const fromMs = this.#moments.armedMs ?? this.#moments.plannedMs
    await writeSamples(this.recorder.directory, watcher.series(fromMs, toMs))
    const { owners, leaders } = watcher.intervals()
    const untilMs = this.#moments.redundancyBackMs ?? toMs
    const within = <T extends { fromMs: number; toMs: number }>(one: T): boolean => one.toMs >= fromMs && one.fromMs <= untilMs
    record.owners = owners.filter(within)
    record.leaders = leaders.map(({ name, intervals }) => ({ name, intervals: intervals.filter(within) }))
    for (const what of watcher.blind()) record.notes.push(`not seen: ${what}`)
    record.state = 'done'
    await this.recorder.timeline(record)
  }
}
