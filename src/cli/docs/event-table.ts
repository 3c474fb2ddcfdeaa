import type { EventBody } from '../../model/event.js'

type OfType<T extends EventBody['type']> = Extract<EventBody, { type: T }>

/** Meaning of each event and of each of its fields. The types make the compiler refuse this file when an event or a field is missing. */
type EventTable = {
  [T in EventBody['type']]: { when: string; fields: { [F in Exclude<keyof OfType<T>, 'type'>]-?: string } }
}

const step = 'id of the step, a path: `etcd/start/cp-1`'
const machine = 'machine it happens on; absent = on this computer'
const title = 'what is done, in words'

export const eventTable: EventTable = {
  'run.started': {
    when: 'A verb begins.',
    fields: {
      verb: '`up`, `apply`, `down`, ...',
      cluster: 'name of the cluster',
      machines: 'names of its machines',
      steps: 'steps that will be looked at',
    },
  },
  'stage.started': {
    when: 'The first step of a stage begins. Stages may overlap.',
    fields: { stage: 'id of the stage', title: 'its name for people' },
  },
  'stage.done': { when: 'The last step of a stage has ended.', fields: { stage: 'id of the stage', ms: 'milliseconds since it started' } },
  'step.started': { when: 'A step was found to be missing and begins.', fields: { step, title, machine, reason: 'what was seen missing' } },
  'step.progress': {
    when: 'A long step tells how far it is.',
    fields: {
      step,
      machine,
      done: 'amount done',
      total: 'amount in all',
      unit: 'of what: `packages`, `bytes`, `images`',
      note: 'what it is at, short',
    },
  },
  'step.done': {
    when: 'A step is done. Without a `step.started` before it, it was found done.',
    fields: { step, title, machine, ms: 'milliseconds it took', changed: 'false = its work was found done, or it only waited' },
  },
  'step.failed': {
    when: 'A step failed, or is blocked. Steps that need it are not run.',
    fields: {
      step,
      title,
      machine,
      ms: 'milliseconds it took',
      problem: 'code, severity and data: see codes.md',
      detail: 'what led to it, several lines',
    },
  },
  note: { when: 'Something worth a line.', fields: { level: '`info` or `warning`', text: 'the line', machine } },
  'check.changed': {
    when: 'A claim got a verdict, or another one.',
    fields: { result: 'id, claim, verdict (`True`, `False`, `Unknown`), evidence' },
  },
  warned: { when: 'Something works, and somebody should know about it.', fields: { problem: 'code, severity and data: see codes.md' } },
  'drill.fault.started': {
    when: 'A drill turns to its next fault.',
    fields: {
      n: 'number of the fault, from 1',
      of: 'faults in all',
      fault: 'id of the fault: `etcd-leader-kill`',
      title: 'what is broken, in words',
      role: 'who is hit, by role',
      victims: 'machines that play the role at this moment',
      predictedMs: 'longest disturbance that is predicted; null = no bound is claimed',
    },
  },
  'drill.fault.phase': {
    when: 'A fault enters its next phase.',
    fields: {
      n: 'as in `drill.fault.started`',
      fault: 'id of the fault',
      phase: '`prepare`, `baseline`, `break`, `hold`, `mend`, `settle`, `redundancy`',
    },
  },
  'drill.fault.done': {
    when: 'A fault was drilled and judged.',
    fields: {
      n: 'as in `drill.fault.started`',
      of: 'faults in all',
      fault: 'id of the fault',
      title: 'what was broken, in words',
      victims: 'machines that were hit',
      verdict: '`pass`, `fail` or `not-evaluated`',
      probe: 'class of clients that the figures are of',
      spanMs: 'milliseconds from the first failed request to the last',
      longestMs: 'milliseconds of the longest run of failed requests',
      predictedMs: 'as in `drill.fault.started`',
      redundancyMs: 'milliseconds from mending until every claim held again; null = it did not come back, or nobody waited',
      safety: 'what the recorded history says of acknowledged writes: `valid`, `violated`, `unknown`',
      reasons: 'why it is no pass, a sentence each',
      ms: 'milliseconds that it took in all',
    },
  },
  'run.finished': {
    when: 'A verb has ended.',
    fields: { verb: 'as in `run.started`', ok: 'nothing failed', ms: 'milliseconds in all', changed: 'steps that changed something' },
  },
}
