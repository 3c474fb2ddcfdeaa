import type { Instant } from './clock.js'

/** Until when COMMAND may run, unless the elector says more. */
export interface Deadlines {
  /** SIGTERM. */
  termAt: Instant
  /** SIGKILL. */
  killAt: Instant
}

/** Elector to guard, one JSON value a line. */
export type ToGuard =
  | { say: 'start'; command: string[]; env: Record<string, string>; mark: string; graceMs: number; deadlines: Deadlines }
  | { say: 'feed'; deadlines: Deadlines }
  /** End COMMAND: SIGTERM now, SIGKILL after `graceMs`. The deadlines still hold. */
  | { say: 'stop'; graceMs: number }
  | { say: 'kill' }

/** Guard to elector. */
export type FromGuard =
  /** `deathSignal` = COMMAND will die with its guard; false where setpriv (util-linux) is missing. */
  | { say: 'ready'; deathSignal: boolean }
  | { say: 'started'; pid: number }
  /** COMMAND was not started; `late` = only because the lease had been taken too long ago. */
  | { say: 'failed'; reason: string; late?: boolean }
  | { say: 'signalled'; signal: 'SIGTERM' | 'SIGKILL'; why: 'asked' | 'deadline' | 'alone' | 'leftover' }
  /** Nothing of COMMAND runs any more. */
  | { say: 'ended'; code: number | null; signal: NodeJS.Signals | null }

export const lineOf = (message: ToGuard | FromGuard): string => `${JSON.stringify(message)}\n`

/** Gives each whole line of a stream to `each`, whatever pieces it comes in. */
export const eachLine = (each: (line: string) => void): ((chunk: Buffer | string) => void) => {
  let held = ''
  return (chunk) => {
    const parts = (held + chunk.toString()).split('\n')
    held = parts.pop() ?? ''
    for (const part of parts) if (part) each(part)
  }
}
