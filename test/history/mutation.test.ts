import { describe, expect, it } from 'vitest'
import { judgeHistory } from '../../src/history/judge.js'
import type { Verdict } from '../../src/history/types.js'
import { mutations } from './mutations.js'
import { randomOf, simulate } from './simulate.js'

const runs = 120

/** The checker is believed because it catches every kind of damage, in every place tried, and accuses no undamaged history. */
describe('every mutation of a valid history is caught', () => {
  for (const { name, caughtBy, revisions, damage } of mutations) {
    it(name, () => {
      let tried = 0
      for (let seed = 1; seed <= runs; seed++) {
        const history = simulate({ seed, operations: 150, clients: 4, registers: 2, revisions, lost: 0.06, refused: 0.06 })
        const random = randomOf(seed * 31)
        expect(judgeHistory(history).verdict, `seed ${seed} before the damage`).not.toBe('violated')
        if (!damage(history, random)) continue
        tried++
        const verdict: Verdict = judgeHistory(history)
        const caught = verdict.properties.filter((one) => one.verdict === 'violated')
        expect(
          caught.map((one) => one.property).some((property) => caughtBy.includes(property)),
          `seed ${seed}: caught by [${caught.map((one) => one.property).join(', ')}] instead of [${caughtBy.join(', ')}]`,
        ).toBe(true)
        for (const one of caught) {
          expect(one.violations).toBeGreaterThan(0)
          expect(one.witness?.says.length).toBeGreaterThan(20)
        }
      }
      expect(tried, 'histories in which this damage was possible').toBeGreaterThanOrEqual(30)
    })
  }
})

describe('the witness', () => {
  it('of a stale read names the two operations that contradict each other', () => {
    const base = { client: 'c1', key: 'k/x', outcome: 'ok', endpoint: 'cp-1' } as const
    const verdict = judgeHistory({
      operations: [
        { ...base, id: 'a', kind: 'create', value: 'v1', startMs: 0, endMs: 1, revision: 5 },
        { ...base, id: 'b', kind: 'update', value: 'v2', expectedRevision: 5, startMs: 2, endMs: 3, revision: 6 },
        { ...base, id: 'c', kind: 'read', observedValue: 'v2', startMs: 4, endMs: 5, revision: 6 },
        { ...base, id: 'd', client: 'c2', kind: 'read', observedValue: 'v1', startMs: 6, endMs: 7, revision: 5, endpoint: 'cp-3' },
      ],
      watches: [],
      finals: [],
      hashes: [],
    })
    const fresh = verdict.properties.find((one) => one.property === 'reads-fresh')
    expect(fresh?.witness?.operations.map((one) => one.id)).toEqual(['b', 'd'])
    expect(fresh?.witness?.says).toBe(
      'Stale: first update b by c1 of k/x to "v2" if still at revision 5, 0.002 s to 0.003 s via cp-1, acknowledged at revision 6; then read d by c2 of k/x, 0.006 s to 0.007 s via cp-3, returned "v1" at revision 5, which showed k/x = "v1" of revision 5.',
    )
  })
  it('of a search is cut down to what cannot be ordered', () => {
    const history = simulate({ seed: 11, operations: 600, clients: 5, registers: 1, revisions: false, lost: 0.05, refused: 0 })
    const writes = history.operations.filter((op) => op.key === 'k/r-0' && op.outcome === 'ok' && op.kind === 'update')
    const [old, newer] = [writes[3], writes[20]]
    const read = history.operations.find((op) => op.kind === 'read' && op.key === 'k/r-0' && op.startMs > (newer?.endMs ?? 0))
    if (!old?.value || !newer || !read) throw new Error('the simulation offers no place')
    read.observedValue = old.value
    const register = judgeHistory(history).properties.find((one) => one.property === 'register-linearizable')
    expect(register?.verdict).toBe('violated')
    expect(register?.witness?.operations.length).toBeLessThanOrEqual(3)
    expect(register?.witness?.operations).toContain(read)
  })
})
