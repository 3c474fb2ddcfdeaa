import type { Emit } from '../model/event.js'
import type { Lane, PlannedStep } from '../model/plan.js'
import { Fault, type Problem, problem } from '../model/problem.js'
import type { Seen, Step } from '../steps/step.js'

export interface StepResult {
  step: string
  outcome: 'done' | 'changed' | 'failed' | 'blocked' | 'not-run'
  ms: number
  /** Why it had to be run: what it saw. */
  reason?: string
  problem?: Problem
  /** What else the step said when it failed with several problems at once. */
  more?: Problem[]
}

export interface RunOutcome {
  results: StepResult[]
  /** Steps that changed something. */
  changed: number
  /** Every step is done. */
  ok: boolean
  interrupted: boolean
}

export interface RunOptions {
  emit: Emit
  /** Aborted = start nothing new; what runs is finished (the next safe point). */
  signal?: AbortSignal
  nowMs: () => number
  /** Steps running at the same time. Default 64: the work is on the machines, not here. */
  limit?: number
}

/** Several problems thrown together, one by one; the first is the step's own. */
const partsOf = (error: unknown): unknown[] =>
  error instanceof AggregateError && error.errors.length > 0 ? error.errors.flatMap(partsOf) : [error]

/** An error as the problem it carries; an unexpected one becomes Q4001 with its text. */
export const asProblem = (error: unknown, machine?: string): Problem => {
  if (error instanceof Fault) return machine && !error.problem.machine ? { ...error.problem, machine } : error.problem
  return problem('Q4001', { reason: error instanceof Error ? error.message : String(error) }, machine ? { machine } : {})
}

/**
 * Runs steps as soon as what they need is done: in parallel, one at a time within a lane. A failed step stops only what needs it;
 * all causes are kept. Never throws for a failed step: the outcome says which.
 */
export const runSteps = async (steps: readonly Step[], options: RunOptions): Promise<RunOutcome> => {
  const { emit, nowMs } = options
  const limit = options.limit ?? 64
  const results = new Map<string, StepResult>()
  const finished = (id: string): boolean => {
    const outcome = results.get(id)?.outcome
    return outcome === 'done' || outcome === 'changed'
  }
  const busyLanes = new Set<Lane>()
  const pending = new Set(steps)
  const running = new Set<Promise<void>>()

  const runOne = async (step: Step): Promise<void> => {
    const startedMs = nowMs()
    const where = step.machine === undefined ? {} : { machine: step.machine }
    const label = { step: step.id, title: step.title, ...where }
    const fail = (reason: Problem, outcome: 'failed' | 'blocked', detail?: string, more: Problem[] = []): void => {
      const ms = nowMs() - startedMs
      results.set(step.id, { step: step.id, outcome, ms, problem: reason, ...(more.length > 0 ? { more } : {}) })
      emit({ type: 'step.failed', ...label, ms, problem: reason, ...(detail ? { detail } : {}) })
    }
    try {
      const seen = await step.observe()
      if (seen.state === 'blocked') return fail(seen.problem, 'blocked')
      if (seen.state === 'done') {
        const ms = nowMs() - startedMs
        results.set(step.id, { step: step.id, outcome: 'done', ms })
        return emit({ type: 'step.done', ...label, ms, changed: false })
      }
      emit({ type: 'step.started', ...label, reason: seen.reason })
      await step.run()
      const ms = nowMs() - startedMs
      const changed = !step.awaits
      results.set(step.id, { step: step.id, outcome: changed ? 'changed' : 'done', ms, reason: seen.reason })
      emit({ type: 'step.done', ...label, ms, changed })
    } catch (error) {
      const [first = asProblem(error, step.machine), ...more] = partsOf(error).map((one) => asProblem(one, step.machine))
      fail(first, 'failed', error instanceof Error ? causeChain(error) : undefined, more)
    }
  }

  const startable = (): Step | undefined => {
    if (options.signal?.aborted || running.size >= limit) return undefined
    for (const step of pending) {
      if (step.lane !== 'any' && busyLanes.has(step.lane)) continue
      if (step.needs.every(finished)) return step
    }
    return undefined
  }

  for (;;) {
    for (let step = startable(); step; step = startable()) {
      const current = step
      pending.delete(current)
      if (current.lane !== 'any') busyLanes.add(current.lane)
      const work: Promise<void> = runOne(current).finally(() => {
        running.delete(work)
        if (current.lane !== 'any') busyLanes.delete(current.lane)
      })
      running.add(work)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  for (const step of pending) results.set(step.id, { step: step.id, outcome: 'not-run', ms: 0 })
  const all = steps.map((step) => results.get(step.id) as StepResult)
  return {
    results: all,
    changed: all.filter((r) => r.outcome === 'changed').length,
    ok: all.every((r) => r.outcome === 'done' || r.outcome === 'changed'),
    interrupted: options.signal?.aborted === true && pending.size > 0,
  }
}

const causeChain = (error: Error): string => {
  const parts: string[] = []
  for (let at: unknown = error.cause; at instanceof Error && parts.length < 5; at = at.cause) parts.push(at.message)
  return parts.join(': ')
}

/** The plan that `plan` prints and `apply` follows: what each step sees, without running any. */
export const planSteps = async (steps: readonly Step[]): Promise<PlannedStep[]> =>
  Promise.all(
    steps.map(async (step): Promise<PlannedStep> => {
      const seen = await step.observe().catch((error): Seen => ({ state: 'blocked', problem: asProblem(error, step.machine) }))
      return {
        id: step.id,
        stage: step.stage,
        title: step.title,
        ...(step.machine === undefined ? {} : { machine: step.machine }),
        needs: [...step.needs],
        lane: step.lane,
        risk: step.risk,
        state: seen.state,
        ...(seen.state === 'todo' ? { reason: seen.reason } : {}),
        ...(seen.state === 'blocked' ? { problem: seen.problem } : {}),
      }
    }),
  )
