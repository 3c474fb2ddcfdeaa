import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeHistory } from '../../src/history/judge.js'
import { propertyIds } from '../../src/history/types.js'
import { simulate } from './simulate.js'

const violatedIn = (history: Parameters<typeof judgeHistory>[0]) =>
  judgeHistory(history).properties.filter((one) => one.verdict === 'violated')

const shape = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  operations: fc.integer({ min: 5, max: 300 }),
  clients: fc.integer({ min: 1, max: 6 }),
  registers: fc.integer({ min: 1, max: 4 }),
  lost: fc.constantFrom(0, 0.02, 0.1, 0.3),
  refused: fc.constantFrom(0, 0.05, 0.3),
})

describe('a correct store is never accused', () => {
  it('with revisions in the replies', () => {
    fc.assert(
      fc.property(shape, (config) => {
        expect(violatedIn(simulate({ ...config, revisions: true }))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
  it('without revisions, by search', () => {
    fc.assert(
      fc.property(shape, (config) => {
        expect(violatedIn(simulate({ ...config, revisions: false }))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
})

describe('the answer', () => {
  const history = simulate({ seed: 7, operations: 400, clients: 5, registers: 3, revisions: true, lost: 0.05, refused: 0.05 })
  it('is valid in every property when everything was recorded', () => {
    const verdict = judgeHistory(history)
    expect(verdict.properties.map((one) => one.property)).toEqual([...propertyIds])
    expect(verdict.properties.filter((one) => one.verdict !== 'valid')).toEqual([])
    expect(verdict.verdict).toBe('valid')
    expect(verdict.counts.operations).toBe(history.operations.length)
    expect(verdict.counts.relisted).toBeGreaterThan(0)
    expect(verdict.counts.resumed).toBeGreaterThan(0)
  })
  it('needs no values from a source that names revisions, and still sees what is missing there', () => {
    const bare = structuredClone(history)
    for (const final of bare.finals.filter((one) => one.source.startsWith('etcd')))
      final.items = Object.fromEntries(Object.entries(final.items).map(([key, { revision }]) => [key, { revision }]))
    expect(judgeHistory(bare).verdict).toBe('valid')
    const lost = Object.keys(bare.finals[4]?.items ?? {}).find(
      (key) => !bare.operations.some((op) => op.key === key && op.kind === 'delete'),
    )
    if (lost) delete bare.finals[4]?.items[lost]
    expect(judgeHistory(bare).properties[0]).toMatchObject({ property: 'acknowledged-writes-present', verdict: 'violated' })
  })
  it('does not depend on the order of the records', () => {
    const turned = { ...history, operations: [...history.operations].reverse(), watches: [...history.watches].reverse() }
    expect(judgeHistory(turned, { now: () => 0 })).toMatchObject({ verdict: 'valid' })
  })
  it('is unknown, never valid, where nothing was recorded', () => {
    const verdict = judgeHistory({ operations: [], watches: [], finals: [], hashes: [] })
    expect(verdict.verdict).toBe('unknown')
    expect(new Set(verdict.properties.map((one) => one.verdict))).toEqual(new Set(['unknown']))
  })
  it('is unknown without final states, without a second hash, and without the end of a watch', () => {
    const verdict = judgeHistory({
      ...history,
      finals: [],
      hashes: history.hashes.slice(0, 1),
      watches: history.watches.filter((one) => one.type !== 'ended'),
    })
    const unknown = verdict.properties.filter((one) => one.verdict === 'unknown').map((one) => one.property)
    expect(unknown).toEqual(['acknowledged-writes-present', 'watch-complete', 'hashes-equal'])
  })
  it('is unknown when the budget is spent', () => {
    const hard = simulate({ seed: 3, operations: 3000, clients: 20, registers: 1, revisions: false, lost: 0.05, refused: 0 })
    let clock = 0
    const verdict = judgeHistory(hard, { budgetMs: 1, now: () => clock++ })
    expect(verdict.properties.find((one) => one.property === 'register-linearizable')).toMatchObject({ verdict: 'unknown' })
  })
})
