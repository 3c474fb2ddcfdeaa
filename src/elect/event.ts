import type { Holder } from './lock.js'

/** What happens during an election, as data. */
export type ElectEvent =
  /** Somebody else holds the lock (or nobody does, for a moment), and that is news. */
  | { type: 'standing-by'; holder?: Holder }
  | { type: 'unreachable'; endpoint: string; reason: string }
  | { type: 'elected'; token: string; ttlMs: number }
  | { type: 'started'; pid: number }
  /** `leftMs` until COMMAND is asked to end. */
  | { type: 'renewal-failed'; endpoint: string; reason: string; leftMs: number }
  | { type: 'ending'; signal: 'SIGTERM' | 'SIGKILL'; why: 'asked' | 'deadline' | 'alone' | 'leftover' }
  | { type: 'ended'; code: number | null; signal: string | null }
  /** The lock went away while COMMAND ran or before it was down. */
  | { type: 'lost'; reason: 'taken' | 'not renewed' }
  /** The lease is over and COMMAND cannot be killed: only the fencing token protects now. */
  | { type: 'stuck'; overMs: number }
  /** An earlier elector of this machine was killed together with its guard, and left these processes running. */
  | { type: 'orphans-ended'; pids: number[] }
  /** setpriv (util-linux) is missing: COMMAND does not die by itself if its guard is killed. */
  | { type: 'no-death-signal' }
  | { type: 'released' }
  | { type: 'release-failed'; reason: string }
  | { type: 'status-failed'; reason: string }
  | { type: 'hook-failed'; hook: string; reason: string }

export type EmitElect = (event: ElectEvent) => void
