import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linearizable, type RegisterOperation } from '../../src/history/checks/linearize.js'
import { shrink } from '../../src/history/checks/shrink.js'

/** By the definition: some subset with all answered operations has some order in real time in which each requirement is met. */
const byDefinition = (ops: readonly RegisterOperation[]): boolean => {
  const used = ops.map(() => false)
  const open = (index: number): boolean => ops[index]?.endMs === Number.POSITIVE_INFINITY
  const search = (state: number): boolean => {
    if (ops.every((_, i) => used[i] || open(i))) return true
    for (const [i, op] of ops.entries()) {
      if (used[i] || (op.requires !== undefined && op.requires !== state)) continue
      if (ops.some((other, j) => !used[j] && j !== i && other.endMs < op.startMs)) continue
      used[i] = true
      const found = search(op.writes ?? state)
      used[i] = false
      if (found) return true
    }
    return false
  }
  return search(0)
}

const operation = fc
  .record({
    startMs: fc.integer({ min: 0, max: 12 }),
    takes: fc.integer({ min: 1, max: 8 }),
    open: fc.constantFrom(false, false, false, true),
    kind: fc.constantFrom('read', 'write', 'swap', 'delete', 'create'),
    value: fc.integer({ min: 0, max: 3 }),
    other: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ startMs, takes, open, kind, value, other }): RegisterOperation => {
    const span = { startMs, endMs: open ? Number.POSITIVE_INFINITY : startMs + takes }
    if (kind === 'read') return { ...span, endMs: startMs + takes, requires: value }
    if (kind === 'write') return { ...span, writes: other }
    if (kind === 'swap') return { ...span, requires: value, writes: other }
    if (kind === 'delete') return { ...span, writes: 0 }
    return { ...span, requires: 0, writes: other }
  })

const never = () => false

describe('the search for an order', () => {
  it('answers as the definition does, on thousands of small histories with repeated values', () => {
    let yes = 0
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 7 }), (ops) => {
        const expected = byDefinition(ops)
        if (expected) yes++
        expect(linearizable(ops, never)).toBe(expected ? 'yes' : 'no')
      }),
      { numRuns: 6000 },
    )
    expect(yes).toBeGreaterThan(500)
  })
  it('shrinks a history without order to one that still has none', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 2, maxLength: 7 }), (ops) => {
        fc.pre(!byDefinition(ops))
        const small = shrink(ops, never)
        expect(byDefinition(small)).toBe(false)
        expect(small.length).toBeLessThanOrEqual(ops.length)
      }),
      { numRuns: 1000 },
    )
  })
  it('takes a register of 20,000 operations without looking back', () => {
    const ops: RegisterOperation[] = []
    for (let i = 1; i <= 10_000; i++) {
      ops.push({ startMs: i * 10, endMs: i * 10 + 25, writes: i })
      ops.push({ startMs: i * 10 + 11, endMs: i * 10 + 19, requires: i })
    }
    const began = performance.now()
    expect(linearizable(ops, () => performance.now() - began > 5000)).toBe('yes')
  })
})
