import { loadClusterFile } from './config/load.js'
import type { CheckResult } from './model/check.js'
import type { Cluster } from './model/cluster.js'
import type { Plan } from './model/plan.js'
import { Fault, type Problem } from './model/problem.js'
import * as verbs from './operate/index.js'
import type { ApplyOptions, VerbOptions } from './operate/options.js'
import type { ApplyResult } from './operate/up.js'

export type { CheckResult, Verdict } from './model/check.js'
export type { BalancerKind, Cluster, MachineSpec, Role, TimingName } from './model/cluster.js'
export type { Emit, EventBody } from './model/event.js'
export type { Observed } from './model/observed.js'
export type { Plan, PlannedStep } from './model/plan.js'
export { Fault, type Problem } from './model/problem.js'
export type { ApplyResult } from './operate/up.js'

/** `emit` receives what happens meanwhile; aborting `signal` stops at the next safe point. */
export type Options = Partial<VerbOptions>

const filled = (options: Options): VerbOptions => ({
  emit: options.emit ?? ((): void => {}),
  signal: options.signal ?? new AbortController().signal,
})

/** A cluster file with every default filled in. Throws an AggregateError of Faults, each with code and position, when it has errors. */
export const load = async (file: string): Promise<{ cluster: Cluster; warnings: Problem[] }> => {
  const { cluster, problems } = await loadClusterFile(file)
  const errors = problems.filter((p) => p.severity === 'error')
  if (!cluster || errors.length > 0)
    throw new AggregateError(
      errors.map((p) => new Fault(p)),
      `${file} has ${errors.length} errors`,
    )
  return { cluster, warnings: problems }
}

/** What is missing, step by step, without doing any of it. Never writes. */
export const plan = async (file: string, options: Options = {}): Promise<Plan> => (await verbs.plan(file, filled(options))).plan

/**
 * Does what is missing: `up` on machines made on this computer, `apply` on hosts that exist. Both return when every claim holds. Throws an
 * AggregateError of the Faults of every step that failed.
 */
export const up = (file: string, options: Options & Partial<Pick<ApplyOptions, 'source'>> = {}): Promise<ApplyResult> =>
  verbs.up(file, { ...filled(options), source: options.source ?? 'auto' })

/** As `up`, on hosts that exist. */
export const apply = (file: string, options: Options & Partial<Pick<ApplyOptions, 'source'>> = {}): Promise<ApplyResult> =>
  verbs.apply(file, { ...filled(options), source: options.source ?? 'auto' })

/** Judges every claim about a running cluster once: verdict True, False or Unknown, with evidence. */
export const check = (file: string, options: Options = {}): Promise<CheckResult[]> => verbs.check(file, filled(options))

/** Ends the machines that `up` made, with all that belongs to them. */
export const down = (fileOrName: string, options: Options = {}): Promise<{ removed: string[]; ms: number }> =>
  verbs.down(fileOrName, filled(options))
