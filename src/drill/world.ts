import type { Operation, WatchEvent } from '../history/types.js'
import type { CheckResult } from '../model/check.js'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import type { ComputerFacts, Prediction } from '../report/drill-report.js'
import type { FaultSpec } from './faults/fault.js'
import type { FinalSource, HashSource } from './quiet.js'

export type { FinalSource, HashSource } from './quiet.js'

import type { Interval, Series } from './samples.js'
import type { Roles } from './victims.js'

/** Something was looked for until it was seen, or the deadline passed. `says` tells what was seen last. */
export interface Sighting {
  proven: boolean
  says: string
  atMs: number
}

/** One fault on its victims, from arming to gone. Times on the monotonic clock. */
export interface FaultInHand {
  /** What the fault needs, and the timer that undoes it when nobody else does. */
  prepare(): Promise<void>
  inject(): Promise<{ atMs: number }>
  awaitEffect(deadlineMs: number): Promise<Sighting>
  /** May be called at any time, also twice, also after half an inject. */
  undo(): Promise<{ atMs: number }>
  awaitUndone(deadlineMs: number): Promise<Sighting>
}

export interface OpenOptions {
  id: string
  /** The victim undoes the fault by itself after this long. */
  undoAfterMs: number
  /** Stops making the fault, never mending it. */
  signal: AbortSignal
  random: () => number
}

export interface Sink {
  operation: (operation: Operation) => void
  watchEvent: (event: WatchEvent) => void
  problem: (text: string) => void
}

/** Who measures: all clients, and who held what when. */
export interface Watcher {
  /** A new set of keys; resolves with what their names begin with. */
  beginSet(set: string): Promise<{ prefix: string }>
  /** No more operations. Resolves with the watches that were not brought to their end, though they had so long to open. */
  quiet(openWithinMs: number): Promise<string[]>
  series(fromMs: number, toMs: number): Series[]
  intervals(): { owners: Interval[]; leaders: { name: string; intervals: Interval[] }[] }
  roles(): Promise<Roles>
  /** Records before this are no longer needed. */
  forget(beforeMs: number): void
  /** What cannot be seen now. */
  blind(): string[]
  /** Resolves with the reason when measuring has ended, for whatever reason. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** All that a drill touches. The real one is made by operate/; tests make theirs. */
export interface DrillWorld {
  cluster: Cluster
  timing: Timing
  computer: ComputerFacts
  /** Machines that may hold the virtual IP. */
  mayHold: readonly string[]
  watch(sink: Sink): Promise<Watcher>
  open(spec: FaultSpec, victims: readonly MachineSpec[], options: OpenOptions): Promise<FaultInHand>
  /** Prediction of the headline class, and limits of other classes. */
  predict(spec: FaultSpec): { headline: Prediction; budgets: Record<string, number | null> }
  /** Looks once at every claim, or at those named. */
  check(only?: readonly string[]): Promise<CheckResult[]>
  waitForClaims(deadlineMs: number, signal: AbortSignal): Promise<{ ok: boolean; results: CheckResult[] }>
  /** Who can tell at the end what is stored under a prefix. */
  finalSources(prefix: string): FinalSource[]
  /** Members that can be hashed; `at` = 0 asks for the newest revision. */
  hashSources(): HashSource[]
  /** Undoes what earlier faults left on any machine; in words, a line each. */
  heal(): Promise<string[]>
}
