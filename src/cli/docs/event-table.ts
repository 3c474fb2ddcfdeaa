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
  'step.started': { when: 'A step was found to be missing and begins.', fields: { step, title, machine } },
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
    fields: { step, title, machine, ms: 'milliseconds it took', changed: 'false = its work was found done' },
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
  'run.finished': {
    when: 'A verb has ended.',
    fields: { verb: 'as in `run.started`', ok: 'nothing failed', ms: 'milliseconds in all', changed: 'steps that changed something' },
  },
}
