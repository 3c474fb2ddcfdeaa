import type { Event } from '../../model/event.js'
import type { Sink } from '../context.js'
import { duration } from '../duration.js'
import { startedLine } from './drill-words.js'
import { amountText, type Look } from './frame.js'
import type { Progress } from './live.js'
import { emptyRun, stepWord, takeEvent } from './state.js'
import { lastingLines } from './words.js'

const quietMs = 10_000

/** One line an event that matters, with the time since the start: for logs, pipes and continuous integration. */
export const plainProgress = (verb: string, err: Sink, look: Look, nowMs: () => number): Progress => {
  const state = emptyRun(verb, nowMs())
  const toldMs = new Map<string, number>()
  const say = (text: string) => {
    const stamp = `${(Math.max(0, state.nowMs - state.startedMs) / 1000).toFixed(1)}s`.padStart(7)
    err.write(`${look.paint.dim(stamp)}  ${text}\n`)
  }
  const recently = (key: string): boolean => {
    const before = toldMs.get(key)
    if (before !== undefined && state.nowMs - before < quietMs) return true
    toldMs.set(key, state.nowMs)
    return false
  }
  return {
    take: (event: Event) => {
      takeEvent(state, event)
      const title = (id: string) => state.stages.find((stage) => stage.id === id)?.title ?? id
      if (event.type === 'run.started') {
        const machines = event.machines.length > 0 ? `${event.machines.length} machines` : ''
        say(
          `${`${event.verb} ${event.cluster}`.trim()}: ${[machines, event.steps > 0 ? `${event.steps} ${stepWord(event.verb)}` : ''].filter(Boolean).join(', ')}`,
        )
      } else if (event.type === 'drill.fault.started') say(startedLine(event))
      else if (event.type === 'step.done' && event.changed) {
        const where = event.machine ? `${event.machine}: ` : ''
        say(`${where}${event.title} ${look.paint.dim(`(${duration(event.ms)})`)}`)
      } else if (event.type === 'step.progress' && (event.done >= event.total || !recently(event.step))) {
        const amount = state.running.get(`${event.step}\n${event.machine ?? ''}`)
        if (amount?.amount) say(`${event.machine ? `${event.machine}: ` : ''}${amount.title}: ${amountText(amount.amount)}`)
      } else if (event.type !== 'check.changed' || !recently(event.result.id)) {
        for (const line of lastingLines(event, look.glyphs, look.paint, title)) say(line)
      }
    },
    close: () => {},
  }
}
