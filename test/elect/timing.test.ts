import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { after, elapsedMs, leftMs, readClock } from '../../src/elect/clock.js'
import { electTiming, jittered, parseDurationMs } from '../../src/elect/timing.js'

const problemOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return (error as { problem: { code: string } }).problem.code
  }
}

describe('the times within one lease', () => {
  it('are in order for every lease and every grace that is let through, with room for two failed renewals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3600 }), fc.option(fc.double({ min: 0, max: 0.4, noNaN: true })), (seconds, share) => {
        const ttlMs = seconds * 1000
        const t = share === null ? electTiming(ttlMs) : electTiming(ttlMs, Math.floor(ttlMs * share))
        expect(t.renewEveryMs + t.attemptMs).toBeLessThan(t.termMs)
        expect(t.renewEveryMs + 1.5 * t.attemptMs).toBeLessThan(t.termMs)
        expect(t.termMs).toBeLessThanOrEqual(t.killMs)
        expect(t.killMs - t.termMs).toBeCloseTo(t.graceMs)
        // Clocks of two machines differ by less than one part in a thousand: the margin is at least that, and leaves time to kill.
        expect(t.ttlMs - t.killMs).toBeGreaterThanOrEqual(Math.max(100, ttlMs / 1000))
      }),
    )
  })

  it('are refused where there is no room', () => {
    expect(problemOf(() => electTiming(500))).toBe('Q7902')
    expect(problemOf(() => electTiming(1500))).toBe('Q7902')
    expect(problemOf(() => electTiming(7_200_000))).toBe('Q7902')
    expect(problemOf(() => electTiming(5000, 2001))).toBe('Q7902')
    expect(problemOf(() => electTiming(5000, -1))).toBe('Q7902')
    expect(electTiming(5000, 2000).termMs).toBe(2500)
  })

  it('are read as people write them', () => {
    expect(['5s', '5', '1500ms', '0.5s', '1m', '1h'].map((text) => parseDurationMs(text, '--ttl'))).toEqual([
      5000, 5000, 1500, 500, 60_000, 3_600_000,
    ])
    for (const text of ['', 's', '5 s', '-5s', '5d', '1e3']) expect(problemOf(() => parseDurationMs(text, '--ttl'))).toBe('Q7902')
  })

  it('are spread by a quarter at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
        const ms = jittered(1000, () => chance)
        expect(ms).toBeGreaterThanOrEqual(750)
        expect(ms).toBeLessThanOrEqual(1250)
      }),
    )
  })
})

describe('the clock', () => {
  it('goes forward by itself and is that of the machine, not of the process', async () => {
    const from = readClock()
    await new Promise((done) => setTimeout(done, 60))
    const to = readClock()
    expect(elapsedMs(from, to)).toBeGreaterThanOrEqual(55)
    expect(to.bootMs - from.bootMs).toBeGreaterThan(30)
    expect(Math.abs(to.bootMs / 1000 - (await import('node:os')).uptime())).toBeLessThan(2)
  })

  it('counts whichever of its two readings is further: a machine that slept has used up its lease', () => {
    const from = { monoMs: 1000, bootMs: 5000 }
    const slept = { monoMs: 1010, bootMs: 65_000 }
    expect(elapsedMs(from, slept)).toBe(60_000)
    expect(leftMs(after(from, 5000), slept)).toBeLessThan(0)
    expect(leftMs(after(from, 5000), { monoMs: 9000, bootMs: 5000 })).toBeLessThan(0)
  })
})
