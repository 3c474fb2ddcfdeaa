import type { Emit } from '../model/event.js'
import type { Plan } from '../model/plan.js'
import { Fault, fault, problem } from '../model/problem.js'
import { expand, type Slot } from '../plan/expand.js'
import { bootstrap, type Stage } from '../plan/phases.js'
import { planSteps, type RunOutcome, runSteps } from '../run/runner.js'
import type { Step, StepWork } from '../steps/step.js'
import { bindSteps } from '../steps/work.js'
import type { Session } from './session.js'

/** The stages of building, with those that only the caller can do put in front. */
export interface Building {
  stages: readonly Stage[]
  slots: Slot[]
  steps: Step[]
}

/** Binds the tree of phases to one session: what will be done, on which machine, after what. */
export const building = (session: Session, extra: Readonly<Record<string, StepWork>>, before: readonly Stage[] = []): Building => {
  const stages = [...before, ...bootstrap]
  const slots = expand(session.cluster, stages)
  return { stages, slots, steps: bindSteps(slots, session.ctx, extra) }
}

/** What is missing, as data: nothing is run. */
export const planOf = async (session: Session, work: Building): Promise<Plan> => ({
  v: 1,
  cluster: session.cluster.name,
  stages: work.stages.map(({ id, title }) => ({ id, title })),
  steps: await planSteps(work.steps),
})

/** Runs what is missing. Throws the problems of failed steps together (AggregateError), or Q4003 when stopped on request. */
export const runBuilding = async (session: Session, work: Building, emit: Emit, verb: string): Promise<RunOutcome> => {
  const { name, machines } = session.cluster
  emit({ type: 'run.started', verb, cluster: name, machines: machines.map((m) => m.name), steps: work.steps.length })
  const times = stageTimes(work, emit)
  const outcome = await runSteps(work.steps, {
    emit: times.listen,
    nowMs: () => performance.now(),
    ...(session.ctx.signal ? { signal: session.ctx.signal } : {}),
  })
  if (outcome.ok) return outcome
  if (outcome.interrupted)
    throw fault('Q4003', { done: outcome.results.filter((r) => r.outcome !== 'not-run').length, total: outcome.results.length })
  const failed = outcome.results.filter((r) => r.problem)
  const notRun = outcome.results.filter((r) => r.outcome === 'not-run').length
  const faults = failed.flatMap((r) => [r.problem ?? problem('Q4001', { reason: r.step }), ...(r.more ?? [])]).map((one) => new Fault(one))
  throw new AggregateError([...faults, fault('Q4004', { failed: failed.length, total: outcome.results.length, notRun })])
}

/** A stage starts with its first step and is done with its last. Stages overlap: that is why building is fast. */
const stageTimes = (work: Building, emit: Emit): { listen: Emit } => {
  const left = new Map<string, number>()
  const started = new Map<string, number>()
  const stageOf = new Map(work.steps.map((s) => [s.id, s.stage]))
  for (const step of work.steps) left.set(step.stage, (left.get(step.stage) ?? 0) + 1)
  const title = (id: string): string => work.stages.find((s) => s.id === id)?.title ?? id
  return {
    listen: (body) => {
      const stage = 'step' in body ? stageOf.get(body.step) : undefined
      if (stage !== undefined && !started.has(stage)) {
        // A step that is found done tells of itself only then.
        started.set(stage, performance.now() - ('ms' in body ? body.ms : 0))
        emit({ type: 'stage.started', stage, title: title(stage) })
      }
      emit(body)
      if (stage === undefined || (body.type !== 'step.done' && body.type !== 'step.failed')) return
      const open = (left.get(stage) ?? 1) - 1
      left.set(stage, open)
      if (open === 0) emit({ type: 'stage.done', stage, ms: performance.now() - (started.get(stage) ?? 0) })
    },
  }
}
