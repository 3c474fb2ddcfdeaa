import type { CheckResult } from '../../model/check.js'
import type { Event } from '../../model/event.js'
import type { Problem } from '../../model/problem.js'
import { phaseWords } from './drill-words.js'

export interface Amount {
  done: number
  total: number
  unit: string
  note?: string
  /** Samples of the last minute, for the time that is left. */
  samples: { atMs: number; done: number }[]
}

export interface RunningStep {
  step: string
  title: string
  /** '' = this computer. */
  machine: string
  startedMs: number
  amount?: Amount
}

export interface Lane {
  machine: string
  done: number
  failed: number
  /** Title of the step that ended last. */
  last?: string
}

export interface StageState {
  id: string
  title: string
  startedMs: number
  ms?: number
}

/** All that a view of a run needs; made from events only, so a saved stream draws the same picture. */
export interface RunState {
  verb: string
  cluster: string
  startedMs: number
  nowMs: number
  total: number
  done: number
  changed: number
  failures: { step: string; title: string; machine?: string; problem: Problem }[]
  stages: StageState[]
  lanes: Map<string, Lane>
  running: Map<string, RunningStep>
  checks: Map<string, CheckResult>
  finished?: { ok: boolean; ms: number }
}

export const emptyRun = (verb: string, nowMs: number): RunState => ({
  verb,
  cluster: '',
  startedMs: nowMs,
  nowMs,
  total: 0,
  done: 0,
  changed: 0,
  failures: [],
  stages: [],
  lanes: new Map(),
  running: new Map(),
  checks: new Map(),
})

/** What is counted in a run of this verb. */
export const stepWord = (verb: string): string => (verb === 'drill' ? 'faults' : 'steps')

const windowMs = 60_000

const laneOf = (state: RunState, machine: string): Lane => {
  const known = state.lanes.get(machine)
  if (known) return known
  const lane: Lane = { machine, done: 0, failed: 0 }
  state.lanes.set(machine, lane)
  return lane
}

const progressed = (state: RunState, event: Extract<Event, { type: 'step.progress' }>): void => {
  const machine = event.machine ?? ''
  const key = `${event.step}\n${machine}`
  const step = state.running.get(key) ?? { step: event.step, title: event.step, machine, startedMs: state.nowMs }
  const before = step.amount?.unit === event.unit && step.amount.total === event.total ? step.amount.samples : []
  const samples = [...before.filter((one) => one.atMs > state.nowMs - windowMs), { atMs: state.nowMs, done: event.done }]
  step.amount = { done: event.done, total: event.total, unit: event.unit, samples, ...(event.note ? { note: event.note } : {}) }
  state.running.set(key, step)
}

/** A fault is drawn in the lane of each of its victims; one without victims in that of this computer. */
const drilled = (state: RunState, event: Extract<Event, { type: `drill.${string}` }>): void => {
  if (event.type === 'drill.fault.started') {
    for (const machine of event.victims.length > 0 ? event.victims : ['']) {
      laneOf(state, machine)
      state.running.set(`${event.fault}\n${machine}`, { step: event.fault, title: event.title, machine, startedMs: state.nowMs })
    }
    return
  }
  const own = [...state.running].filter(([, step]) => step.step === event.fault)
  if (event.type === 'drill.fault.phase') {
    for (const [, step] of own) step.title = `${step.title.split(' · ')[0]} · ${phaseWords(event.phase)}`
    return
  }
  state.done++
  for (const [key, step] of own) {
    state.running.delete(key)
    const lane = laneOf(state, step.machine)
    lane.done++
    lane.last = `${event.title}: ${event.verdict}`
  }
}

/** Takes one event into the state, in place. Events may come late or miss their beginning (a resumed run): nothing here throws. */
export const takeEvent = (state: RunState, event: Event): void => {
  state.nowMs = Math.max(state.nowMs, Date.parse(event.at) || 0)
  switch (event.type) {
    case 'run.started':
      state.verb = event.verb
      state.cluster = event.cluster
      state.total += event.steps
      for (const machine of event.machines) laneOf(state, machine)
      break
    case 'stage.started':
      if (!state.stages.some((stage) => stage.id === event.stage)) {
        state.stages.push({ id: event.stage, title: event.title, startedMs: state.nowMs })
      }
      break
    case 'stage.done':
      for (const stage of state.stages) if (stage.id === event.stage) stage.ms = event.ms
      break
    case 'step.started': {
      const machine = event.machine ?? ''
      laneOf(state, machine)
      state.running.set(`${event.step}\n${machine}`, { step: event.step, title: event.title, machine, startedMs: state.nowMs })
      break
    }
    case 'step.progress':
      progressed(state, event)
      break
    case 'step.done':
    case 'step.failed': {
      const lane = laneOf(state, event.machine ?? '')
      state.running.delete(`${event.step}\n${event.machine ?? ''}`)
      lane.last = event.title
      if (event.type === 'step.done') {
        state.done++
        lane.done++
        if (event.changed) state.changed++
      } else {
        lane.failed++
        const { step, title, machine, problem } = event
        state.failures.push({ step, title, problem, ...(machine ? { machine } : {}) })
      }
      break
    }
    case 'drill.fault.started':
    case 'drill.fault.phase':
    case 'drill.fault.done':
      drilled(state, event)
      break
    case 'check.changed':
      state.checks.set(`${event.result.id}\n${event.result.machine ?? ''}`, event.result)
      break
    case 'run.finished':
      state.finished = { ok: event.ok, ms: event.ms }
      break
  }
}

/** Milliseconds left at the speed of the last minute; undefined until the speed is known. */
export const remainingMs = (amount: Amount): number | undefined => {
  const first = amount.samples[0]
  const last = amount.samples.at(-1)
  if (!first || !last || last.atMs - first.atMs < 3000 || last.done <= first.done) return undefined
  return ((amount.total - amount.done) * (last.atMs - first.atMs)) / (last.done - first.done)
}
