import { monotonicMs } from '../samples.js'
import type { Ledger } from './ledger.js'
import type { ClassHead } from './protocol.js'
import type { Watcher } from './watcher.js'

/**
 * Judges an open watch at moments in time. It fails at a moment when it was not connected, or when a write that had been acknowledged
 * by then was still not delivered `staleMs` later. How long it took = from the beginning of the latest delivered write to its delivery.
 */
export class WatchClass {
  #acknowledged: { revision: number; atMs: number }[] = []
  readonly #begun = new Map<string, number>()
  #lagMs = 0
  #active = false

  constructor(
    private readonly head: ClassHead,
    private readonly watcher: Watcher,
    private readonly ledger: Ledger,
    private readonly staleMs: number,
  ) {}

  begin(): void {
    this.#acknowledged = []
    this.#begun.clear()
    this.#active = true
  }

  end(): void {
    this.#active = false
  }

  begun(value: string): void {
    this.#begun.set(value, monotonicMs())
    // What never took effect is never delivered.
    if (this.#begun.size > 2000) for (const old of [...this.#begun.keys()].slice(0, 1000)) this.#begun.delete(old)
  }

  delivered(value: string): void {
    const startMs = this.#begun.get(value)
    if (startMs === undefined) return
    this.#begun.delete(value)
    this.#lagMs = monotonicMs() - startMs
  }

  acknowledged(revision: number): void {
    this.#acknowledged.push({ revision, atMs: monotonicMs() })
  }

  fire(dueMs: number): void {
    if (!this.#active) return
    const waitMs = Math.max(0, dueMs + this.staleMs - monotonicMs())
    setTimeout(() => this.#judge(dueMs), waitMs)
  }

  #judge(dueMs: number): void {
    if (!this.#active) return
    this.#acknowledged = this.#acknowledged.filter((one) => one.revision > this.watcher.revision)
    const stale = this.#acknowledged.some((one) => one.atMs <= dueMs)
    const why = this.watcher.downAt(dueMs) ?? (stale ? 'stale' : '')
    const tookMs = why === '' ? this.#lagMs : monotonicMs() - dueMs
    this.ledger.add({ ...this.head, dueMs, endMs: dueMs + tookMs, why })
  }
}
