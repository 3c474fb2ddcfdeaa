import type { Emit, EventBody } from '../../model/event.js'
import type { Context } from '../context.js'
import { glyphsFor } from '../glyphs.js'
import { liveProgress, type Progress } from './live.js'
import { plainProgress } from './plain.js'

const silent: Progress = { take: () => {}, close: () => {} }

/**
 * The view of one run: live on a terminal, lines elsewhere, JSON lines on stdout for `--output events`, nothing with --quiet.
 * `emit` stamps what it is given and passes it on; `close` must be called before anything else is printed.
 */
export const openProgress = (verb: string, context: Context, output?: unknown): { emit: Emit; close(): void } => {
  const look = { glyphs: glyphsFor(context.env), paint: context.errPalette }
  const open = context.quiet ? undefined : context.live ? liveProgress : plainProgress
  const asEvents = output === 'events'
  const view = asEvents ? silent : (open?.(verb, context.err, look, context.nowMs) ?? silent)
  let seq = 0
  const emit: Emit = (body: EventBody) => {
    const event = { v: 1 as const, seq: seq++, at: new Date(context.nowMs()).toISOString(), ...body }
    if (asEvents) context.out.write(`${JSON.stringify(event)}\n`)
    view.take(event)
  }
  const onStop = () => {
    const at = new Date(context.nowMs()).toISOString()
    const text = 'stopping at the next safe point; Ctrl-C again stops at once'
    view.take({ v: 1, seq: -1, at, type: 'note', level: 'warning', text })
  }
  context.signal.addEventListener('abort', onStop, { once: true })
  const close = () => {
    context.signal.removeEventListener('abort', onStop)
    view.close()
  }
  return { emit, close }
}

/** Runs work with a view of it, and closes the view however the work ends. */
export const withProgress = async <T>(verb: string, context: Context, output: unknown, work: (emit: Emit) => Promise<T>): Promise<T> => {
  const progress = openProgress(verb, context, output)
  try {
    return await work(progress.emit)
  } finally {
    progress.close()
  }
}
