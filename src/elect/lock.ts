import type { Instant } from './clock.js'

/** Who takes part. */
export interface Claimant {
  /** Name for people. */
  identity: string
  /** One process, never used twice: two processes of the same identity are still two. */
  instance: string
}

/** Who holds the lock, as written in the store. */
export interface Holder {
  identity: string
  instance?: string
  /** Decimal; grows with every takeover. Absent while a Kubernetes Lease has not been renewed for the first time. */
  token?: string
  /** Time of day at which it was taken, as its holder saw it. */
  since?: string
  ttlMs?: number
}

/** One time of holding the lock. */
export interface Term {
  /** Decimal digits; greater than that of every term before, of whatever machine. */
  token: string
  /** Start of the request that took it, or of the last renewal that succeeded. */
  renewedAt: Instant
  /** As the store gave it; may be longer than asked. */
  ttlMs: number
}

/**
 * A lock with a lease in a store. Every method throws TransportFault, EtcdError or ApiError where the store could not be asked; whether a
 * write took effect is then not known, and nothing may be concluded from it.
 */
export interface Lock {
  readonly kind: 'etcd' | 'kubernetes'
  /** Where the next request goes. */
  readonly endpoint: string
  /** undefined = free. Asks a quorum. */
  read(options: { deadlineMs: number }): Promise<Holder | undefined>
  /**
   * Resolves when the lock looks free, told by a watch. `see` gets the holder whenever it may have changed. Rejects with the signal's
   * reason, or when the store does not answer.
   */
  untilFree(see: (holder: Holder | undefined) => void, signal: AbortSignal): Promise<void>
  /** Takes the lock if it is free. undefined = somebody else was first. */
  take(): Promise<Term | undefined>
  /** Holds on to it. The start of this renewal, or 'lost': the lock is certainly not ours any more. */
  renew(term: Term, options: { deadlineMs: number }): Promise<Instant | 'lost'>
  /** Gives it up at once. To be called only when nothing of COMMAND runs any more. */
  release(term: Term): Promise<void>
  close(): void
}
