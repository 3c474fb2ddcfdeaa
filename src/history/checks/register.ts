import type { Committed } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { Operation, PropertyVerdict } from '../types.js'
import { operationInWords } from '../words.js'
import { linearizable, type RegisterOperation } from './linearize.js'
import { shrink } from './shrink.js'

interface Placed extends RegisterOperation {
  operation: Operation
}

/**
 * Revisions put the operations of a key into one order by themselves; the other properties judge that order. A search is needed
 * only where a reply named no revision.
 */
const ordered = (ops: readonly Operation[]): boolean =>
  ops.every((op) => op.outcome !== 'ok' || (op.revision !== undefined && op.expectedValue === undefined && op.observedValue !== null))

const translate = (ops: readonly Operation[], committed: Committed): Placed[] => {
  const numbers = new Map<string, number>()
  const numberOf = (value: string | null): number => {
    if (value === null) return 0
    let number = numbers.get(value)
    if (number === undefined) {
      number = numbers.size + 1
      numbers.set(value, number)
    }
    return number
  }
  const key = ops[0]?.key ?? ''
  const values = new Map((committed.keys.get(key) ?? []).map((one) => [one.revision, one.value]))
  const placed: Placed[] = []
  for (const op of ops) {
    const span = { startMs: op.startMs, endMs: op.outcome === 'ok' ? op.endMs : Number.POSITIVE_INFINITY, operation: op }
    if (op.kind === 'read') {
      if (op.outcome === 'ok' && op.observedValue !== undefined && !op.mayLag)
        placed.push({ ...span, requires: numberOf(op.observedValue) })
      continue
    }
    if (op.outcome === 'failed') continue
    if (op.kind === 'delete') placed.push({ ...span, writes: 0 })
    else if (op.value !== undefined) {
      const expected =
        op.kind === 'create'
          ? null
          : (op.expectedValue ?? (op.expectedRevision === undefined ? undefined : values.get(op.expectedRevision)))
      placed.push({ ...span, writes: numberOf(op.value), ...(expected === undefined ? {} : { requires: numberOf(expected) }) })
    }
  }
  return placed
}

/** Every key on its own as a register that starts absent: one order of its operations must explain all replies. */
export const checkRegister = (
  operations: readonly Operation[],
  committed: Committed,
  budget: { expired: () => boolean; shrinkExpired: () => boolean },
): PropertyVerdict => {
  const findings = new Findings('register-linearizable')
  const keys = new Map<string, Operation[]>()
  for (const op of operations) {
    if (op.kind === 'list') continue
    const own = keys.get(op.key)
    if (own) own.push(op)
    else keys.set(op.key, [op])
  }
  let byRevision = 0
  let searched = 0
  let unfinished: { key: string; count: number } | undefined
  let unfinishedKeys = 0
  for (const [key, ops] of keys) {
    const counted = ops.filter((op) => op.outcome === 'ok').length
    if (counted === 0) continue
    findings.checked += counted
    if (ordered(ops)) {
      byRevision++
      continue
    }
    const placed = translate(ops, committed)
    const answer = budget.expired() ? 'out-of-budget' : linearizable(placed, budget.expired)
    if (answer === 'out-of-budget') {
      unfinishedKeys++
      unfinished ??= { key, count: placed.length }
      continue
    }
    searched++
    if (answer === 'yes') continue
    // Later keys only add to the count; one shrunk witness is enough to follow.
    const small = findings.violations === 0 ? shrink(placed, budget.shrinkExpired).map((one) => one.operation) : ops
    findings.violated(
      () => `No order explains these ${small.length} operations on ${key}: ${small.map(operationInWords).join('; ')}.`,
      small,
    )
  }
  const said = `${plural(keys.size, 'key')}: ${byRevision} ordered by revision, ${searched} by search`
  if (unfinished)
    return findings.close(
      said,
      `out of time with ${plural(unfinishedKeys, 'key')} left, first ${unfinished.key} with ${unfinished.count} operations`,
    )
  return findings.close(said, findings.checked === 0 ? 'no operation was answered' : undefined)
}
