import type { Lane, Risk } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import type { StepContext } from './context.js'

/** What looking at the world says about a step: its work is there, is missing, or cannot be done. */
export type Seen = { state: 'done' } | { state: 'todo'; reason: string } | { state: 'blocked'; problem: Problem }

/** A unit of work. `observe` is always asked first, so running a step twice, or after a crash anywhere, does nothing wrong. */
export interface Step {
  id: string
  stage: string
  title: string
  machine?: string
  needs: readonly string[]
  lane: Lane
  risk: Risk
  /** It changes nothing: it waits until what others do is there. */
  awaits: boolean
  observe(): Promise<Seen>
  run(): Promise<void>
}

/** What a phase means on one machine; `machine` is '' for a phase of the cluster as a whole. */
export interface StepWork {
  observe(ctx: StepContext, machine: string): Promise<Seen>
  run(ctx: StepContext, machine: string): Promise<void>
}
