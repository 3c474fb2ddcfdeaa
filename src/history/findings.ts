import type { Operation, PropertyId, PropertyVerdict, WatchEvent, Witness } from './types.js'

export const titles: Record<PropertyId, string> = {
  'acknowledged-writes-present': 'Every acknowledged write is there at the end, at every source',
  'refused-writes-absent': 'Nothing is seen that was refused or that nobody wrote',
  'writes-applied-once': 'Every write took effect at most once',
  'compare-and-swap-chain': 'No compare-and-swap went through on an outdated version',
  'revisions-monotone': 'Revisions never go back in real time',
  'one-content-per-revision': 'All sources tell the same story about each revision',
  'reads-fresh': 'No read is older than what was acknowledged before it began',
  'watch-ordered': 'Every watch delivers in order and nothing twice',
  'watch-complete': 'Every watch delivers everything, also across reconnections',
  'register-linearizable': 'Each key behaves like one register with one order of operations',
  'hashes-equal': 'All members hold the same bytes at the same revision',
}

/** Violations of one property while they are searched for. Keeps the witness with the fewest records, and of those the earliest. */
export class Findings {
  checked = 0
  violations = 0
  private best: { size: number; atMs: number; make: () => Witness } | undefined

  constructor(readonly property: PropertyId) {}

  /** `says` is formed only for the witness that is kept: a broken history can hold a hundred thousand violations. */
  violated(says: () => string, operations: readonly (Operation | undefined)[], events: readonly (WatchEvent | undefined)[] = []): void {
    this.violations++
    const ops = operations.filter((one) => one !== undefined)
    const seen = events.filter((one) => one !== undefined)
    const size = ops.length + seen.length
    const atMs = [...ops.map((one) => one.endMs), ...seen.map((one) => one.atMs)].reduce((a, b) => Math.max(a, b), 0)
    if (this.best && (this.best.size < size || (this.best.size === size && this.best.atMs <= atMs))) return
    const unique = [...new Set(ops)].sort((a, b) => a.startMs - b.startMs)
    this.best = { size, atMs, make: () => ({ says: says(), operations: unique, events: [...new Set(seen)] }) }
  }

  /** `because` says what was checked; `unknown` gives the reason why a property without violation is still not valid. */
  close(because: string, unknown?: string): PropertyVerdict {
    const { property, checked, violations } = this
    const common = { property, title: titles[property], checked, violations }
    if (this.best) {
      const more = violations === 1 ? 'one violation' : `${violations} violations; the shortest is shown`
      return { ...common, verdict: 'violated', because: `${because}: ${more}`, witness: this.best.make() }
    }
    if (unknown !== undefined) return { ...common, verdict: 'unknown', because: unknown }
    return { ...common, verdict: 'valid', because }
  }
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
