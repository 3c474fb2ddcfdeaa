import type { CheckResult } from './check.js'
import type { Problem } from './problem.js'

/**
 * What happens while quorate works. The terminal, JSON lines, the journal and the console all render this one stream.
 * `step` is the id of a planned step ('etcd/start/cp-1'), `machine` the lane it is drawn in.
 */
export type EventBody =
  | { type: 'run.started'; verb: string; cluster: string; machines: string[]; steps: number }
  | { type: 'stage.started'; stage: string; title: string }
  | { type: 'stage.done'; stage: string; ms: number }
  | { type: 'step.started'; step: string; title: string; machine?: string; reason?: string }
  | { type: 'step.progress'; step: string; machine?: string; done: number; total: number; unit: string; note?: string }
  | { type: 'step.done'; step: string; title: string; machine?: string; ms: number; changed: boolean }
  | { type: 'step.failed'; step: string; title: string; machine?: string; ms: number; problem: Problem; detail?: string }
  | { type: 'note'; level: 'info' | 'warning'; text: string; machine?: string }
  /** Something about the file or the machines that works, and that somebody should know. */
  | { type: 'warned'; problem: Problem }
  | { type: 'check.changed'; result: CheckResult }
  /** A drill turns to fault `n` of `of`. `victims`: machines that play the role now. `predictedMs` null = no bound is claimed. */
  | {
      type: 'drill.fault.started'
      n: number
      of: number
      fault: string
      title: string
      role: string
      victims: string[]
      predictedMs: number | null
    }
  | { type: 'drill.fault.phase'; n: number; fault: string; phase: string }
  | {
      type: 'drill.fault.done'
      n: number
      of: number
      fault: string
      title: string
      victims: string[]
      verdict: 'pass' | 'fail' | 'not-evaluated'
      /** Class of clients that the figures are of. */
      probe: string
      spanMs: number
      longestMs: number
      predictedMs: number | null
      redundancyMs: number | null
      safety: 'valid' | 'violated' | 'unknown'
      reasons: string[]
      ms: number
    }
  | { type: 'run.finished'; verb: string; ok: boolean; ms: number; changed: number }

export type Event = { v: 1; seq: number; at: string } & EventBody

/** Takes events without stamps; whoever owns the run stamps them. */
export type Emit = (body: EventBody) => void
