import { checkChain } from './checks/chain.js'
import { checkOnce, checkRefused } from './checks/explained.js'
import { checkFresh } from './checks/fresh.js'
import { checkContent, checkHashes, checkMonotone } from './checks/monotone.js'
import { checkPresent } from './checks/present.js'
import { checkRegister } from './checks/register.js'
import { byWatcher, checkComplete, checkOrdered } from './checks/watch.js'
import { committedOf, isWrite } from './committed.js'
import type { History, HistoryCounts, Verdict } from './types.js'
import { writersOf } from './writers.js'

export interface JudgeOptions {
  /** Time for the search where revisions do not decide, milliseconds. When it runs out the answer there is `unknown`. Default 20,000. */
  budgetMs?: number
  /** Clock, milliseconds. */
  now?: () => number
}

const countsOf = (history: History): HistoryCounts => {
  const { operations, watches } = history
  const having = (outcome: string): number => operations.filter((op) => op.outcome === outcome).length
  return {
    operations: operations.length,
    ok: having('ok'),
    failed: having('failed'),
    unknown: having('unknown'),
    acknowledgedWrites: operations.filter((op) => op.outcome === 'ok' && isWrite(op)).length,
    keys: new Set(operations.filter((op) => op.kind !== 'list').map((op) => op.key)).size,
    watchEvents: watches.filter((one) => one.type === 'added' || one.type === 'modified' || one.type === 'deleted').length,
    resumed: watches.filter((one) => one.type === 'resumed').length,
    relisted: watches.filter((one) => one.type === 'relisted').length,
  }
}

/**
 * Judges a recorded history: times in milliseconds of one monotonic clock, keys that did not exist before the first operation, values
 * unique per key, outcomes `failed` only when certainly without effect, final states taken after the last operation. Answers each
 * property with valid, violated (and the shortest witness) or unknown. O(n log n) by revisions; a search bounded by `budgetMs` for
 * keys whose replies name none. Throws nothing; the same history gives the same answer, apart from `tookMs` and the budget.
 */
export const judgeHistory = (history: History, { budgetMs = 20_000, now = () => performance.now() }: JudgeOptions = {}): Verdict => {
  const startedMs = now()
  const committed = committedOf(history)
  const writers = writersOf(history.operations)
  const watchers = byWatcher(history.watches)
  const { operations } = history
  const properties = [
    checkPresent(history, writers),
    checkRefused(history, writers),
    checkOnce(committed, writers),
    checkChain(operations, committed, writers),
    checkMonotone(operations, committed, writers),
    checkContent(committed),
    checkFresh(history, committed, writers),
    checkOrdered(watchers),
    checkComplete(watchers, committed, writers),
    checkRegister(operations, committed, {
      expired: () => now() - startedMs > budgetMs,
      shrinkExpired: () => now() - startedMs > budgetMs * 1.5,
    }),
    checkHashes(history.hashes),
  ]
  const any = (verdict: string): boolean => properties.some((one) => one.verdict === verdict)
  return {
    verdict: any('violated') ? 'violated' : any('unknown') ? 'unknown' : 'valid',
    properties,
    counts: countsOf(history),
    tookMs: now() - startedMs,
  }
}
