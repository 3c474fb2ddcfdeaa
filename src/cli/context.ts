import type { Loaders } from './load.js'
import type { Palette } from './style.js'

/** A stream we write to. process.stdout and process.stderr fit; tests give their own. */
export interface Sink {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
  rows?: number
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

/** Everything of the outside that a command may touch. */
export interface Context {
  out: Sink
  err: Sink
  /** Colours for stdout and for stderr; each stream is judged alone. */
  outPalette: Palette
  errPalette: Palette
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Aborted by the first Ctrl-C: stop at the next safe point. */
  signal: AbortSignal
  nowMs(): number
  load: Loaders
  /** Show no progress. */
  quiet: boolean
  /** Redraw in place is possible and wanted on stderr. */
  live: boolean
  verbose: boolean
  /** The table itself, for help and completion. */
  commands: readonly import('./command.js').CommandSpec[]
}
