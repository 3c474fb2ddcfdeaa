import type { Event } from '../../model/event.js'
import type { Sink } from '../context.js'
import { cutTo, widthOf } from '../style.js'
import { drawFrame, type Look } from './frame.js'
import { emptyRun, takeEvent } from './state.js'
import { clearBelow, clearLineEnd, hideCursor, showCursor, upLines } from './terminal.js'
import { lastingLines } from './words.js'

export interface Progress {
  take(event: Event): void
  /** Ends the view: nothing of the live picture stays behind. */
  close(): void
}

const refreshMs = 100

/**
 * A picture that is redrawn in place at the bottom, while what shall stay is printed above it. One write a redraw, and none when
 * nothing has changed, so that it neither flickers nor floods a slow line.
 */
export const liveProgress = (verb: string, err: Sink, look: Look, nowMs: () => number): Progress => {
  const state = emptyRun(verb, nowMs())
  let drawn: string[] = []
  let lasting: string[] = []
  let told = new Set<string>()
  let tick = 0

  const size = () => ({ columns: err.columns ?? 80, rows: err.rows ?? 24 })
  /** Rows that the last picture covers now: after the window got narrower, its lines may be broken. */
  const covered = (columns: number) => drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)

  const paint = () => {
    state.nowMs = Math.max(state.nowMs, nowMs())
    const { columns } = size()
    const frame = drawFrame(state, size(), tick, look)
    if (lasting.length === 0 && frame.join('\n') === drawn.join('\n')) return
    const kept = lasting.map((line) => `${cutTo(line, columns - 1)}${clearLineEnd}\n`).join('')
    const body = frame.map((line) => `${line}${clearLineEnd}\n`).join('')
    err.write(`${upLines(covered(columns))}\r${kept}${body}${clearBelow}`)
    drawn = frame
    lasting = []
  }
  const beat = () => {
    tick++
    paint()
  }
  err.write(hideCursor)
  const timer = setInterval(beat, refreshMs)
  timer.unref()
  err.on?.('resize', paint)

  return {
    take: (event) => {
      takeEvent(state, event)
      const title = (id: string) => state.stages.find((stage) => stage.id === id)?.title ?? id
      for (const line of lastingLines(event, look.glyphs, look.paint, title)) {
        // A claim that is waited for is told once, not at each look.
        const key = event.type === 'check.changed' ? event.result.id : undefined
        if (key && told.has(key)) continue
        if (key) told = new Set([...told, key])
        lasting.push(line)
      }
    },
    close: () => {
      clearInterval(timer)
      err.off?.('resize', paint)
      const { columns } = size()
      const kept = lasting.map((line) => `${cutTo(line, columns - 1)}${clearLineEnd}\n`).join('')
      // Line by line: a terminal that is told to clear from its first row on may keep the picture in its history instead (tmux: scroll-on-clear).
      const rows = covered(columns)
      err.write(`${upLines(rows)}\r${`${clearLineEnd}\n`.repeat(rows)}${upLines(rows)}${kept}${showCursor}`)
      drawn = []
      lasting = []
    },
  }
}
