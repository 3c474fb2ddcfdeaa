import type { Context } from './context.js'
import { clearBelow, clearLineEnd, hideCursor, showCursor } from './progress/terminal.js'
import { cutTo } from './style.js'

export interface WatchOptions {
  context: Context
  intervalMs: number
  /** Redraw from the top of the screen; otherwise each picture follows the one before. */
  inPlace: boolean
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done()
    const timer = setTimeout(end, ms)
    function end() {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    signal.addEventListener('abort', end)
  })

const home = '\x1b[H'
const otherScreen = '\x1b[?1049h'
const ownScreen = '\x1b[?1049l'

/** Draws lines again and again until the signal; ends with 130, as every interrupted command does. A look that fails ends it. */
export const watch = async (look: () => Promise<string[]>, { context, intervalMs, inPlace }: WatchOptions): Promise<number> => {
  const { out, signal } = context
  const aborted = new Promise<undefined>((done) => signal.addEventListener('abort', () => done(undefined), { once: true }))
  if (inPlace) out.write(otherScreen + hideCursor)
  try {
    while (!signal.aborted) {
      const lines = await Promise.race([look(), aborted])
      if (lines === undefined) break
      if (inPlace) {
        const rows = (out.rows ?? 24) - 1
        const shown = lines.length > rows ? [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`] : lines
        out.write(`${home}${shown.map((line) => `${cutTo(line, (out.columns ?? 80) - 1)}${clearLineEnd}\n`).join('')}${clearBelow}`)
      } else out.write(`${lines.join('\n')}\n`)
      await pause(intervalMs, signal)
    }
  } finally {
    if (inPlace) out.write(showCursor + ownScreen)
  }
  return 130
}
