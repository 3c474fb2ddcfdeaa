import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterOneRetry, measure, measureAll, percentilesOf, windowsOf } from '../../src/drill/measure.js'
import { isVoid, type Sample, type Series } from '../../src/drill/samples.js'
import { intervalLane, ownerLanes, probeLane } from '../../src/drill/timeline.js'

/** 50 Hz from 0; `bad` says why a sample failed. */
const seriesOf = (count: number, bad: (atMs: number) => string | undefined, more: Partial<Series> = {}): Series => ({
  probe: 'new connection',
  intervalMs: 20,
  ownDelayMs: 2,
  samples: Array.from({ length: count }, (_, i) => {
    const why = bad(i * 20)
    return { atMs: i * 20, tookMs: 5, ok: why === undefined, ...(why === undefined ? {} : { why }) }
  }),
  ...more,
})

const phases = { fromMs: 0, brokenMs: 1000, healedMs: 4000, toMs: 6000 }
const only = (series: Series) => measure(series, phases)[0]

describe('measure', () => {
  it('measures one window from its first failure to the next success', () => {
    const felt = only(seriesOf(300, (at) => (at >= 1500 && at < 2200 ? 'connect refused' : undefined)))
    expect(felt).toMatchObject({ longestMs: 700, spanMs: 700, count: 1, failed: 35, total: 150, voided: 0, returnedMs: 2205 })
    expect(felt?.errors).toEqual({ 'connect refused': 35 })
    expect(felt?.uncertaintyMs).toBe(22)
  })

  it('tells a third of requests failing for long from one long silence', () => {
    const felt = only(seriesOf(300, (at) => (at >= 1500 && at < 3000 && (at / 20) % 3 === 0 ? 'answer reset' : undefined)))
    // 75, 78, ... 147: each alone, all in one window.
    expect(felt).toMatchObject({ longestMs: 20, count: 1, spanMs: 1460 })
  })

  it('counts windows apart when enough was clean between them', () => {
    const series = seriesOf(300, (at) => (at === 1500 || at === 2000 ? 'TLS reset' : undefined))
    expect(only(series)).toMatchObject({ count: 2, longestMs: 20, spanMs: 520, failed: 2 })
  })

  it('lets an outage that was on when it was healed run to its end, and gives later ones to the healing', () => {
    const series = seriesOf(300, (at) =>
      at >= 3900 && at < 4300 ? 'connect timeout' : at >= 5000 && at < 5100 ? 'answer reset' : undefined,
    )
    const [own, undo] = measure(series, phases)
    expect(own).toMatchObject({ longestMs: 400, returnedMs: 4305 })
    expect(undo).toMatchObject({ probe: 'new connection (undo)', longestMs: 100, failed: 5 })
  })

  it('gives the mending what it struck under way', () => {
    const answered = seriesOf(300, (at) => (at >= 1000 && at < 1300 ? 'TLS timeout' : at >= 3960 && at < 4100 ? 'answer reset' : undefined))
    const samples = answered.samples.map((one) => ({ ...one, tookMs: one.ok ? 60 : 80 }))
    const [own, undo] = measure({ ...answered, samples }, phases)
    expect(own).toMatchObject({ spanMs: 300, failed: 15 })
    expect(undo).toMatchObject({ probe: 'new connection (undo)', failed: 7 })
  })

  it('does not count void samples within an outage that stands anyway', () => {
    const series = seriesOf(300, (at) => (at >= 1500 && at < 2200 ? 'connect refused' : undefined))
    const samples = series.samples.map((one) => (one.atMs >= 1600 && one.atMs < 2000 ? { ...one, void: true as const } : one))
    expect(only({ ...series, samples })).toMatchObject({ spanMs: 700, voided: 0 })
    const outside = series.samples.map((one) => (one.atMs >= 3000 && one.atMs < 3100 ? { ...one, void: true as const } : one))
    expect(only({ ...series, samples: outside })).toMatchObject({ voided: 5 })
  })

  it('counts a request that only the mending answered as returned by the mending', () => {
    const series = seriesOf(300, (at) => (at >= 1000 && at < 3000 ? 'answer timeout' : undefined))
    // Due while the fault was in force, patient enough to be answered after it.
    const samples = series.samples.map((one) => (one.atMs >= 3000 && one.atMs < 4100 ? { ...one, tookMs: 4100 - one.atMs } : one))
    const [own, undo] = measure({ ...series, samples }, phases)
    expect(own).toMatchObject({ spanMs: 2000, returnedMs: 4100 })
    expect(undo).toBeUndefined()
  })

  it('has no return where none came', () => {
    const felt = only(seriesOf(300, (at) => (at >= 2000 ? 'connect timeout' : undefined)))
    expect(felt?.returnedMs).toBeUndefined()
    expect(felt?.longestMs).toBe(4000)
  })

  it('gives the fault what it struck under way, and nothing older', () => {
    const series = seriesOf(300, () => undefined)
    const samples = series.samples.map((one) =>
      one.atMs === 980
        ? { ...one, ok: false, why: 'answer reset', tookMs: 30 }
        : one.atMs === 500
          ? { ...one, ok: false, why: 'HTTP 500' }
          : one,
    )
    expect(only({ ...series, samples })).toMatchObject({ failed: 1, errors: { 'answer reset': 1 }, longestMs: 20 })
  })

  it('judges nothing by void samples', () => {
    const series = seriesOf(300, (at) => (at >= 2000 && at < 2500 ? 'TLS timeout' : undefined))
    const samples = series.samples.map((one): Sample => (one.ok ? one : { ...one, void: true }))
    expect(only({ ...series, samples })).toMatchObject({ failed: 0, longestMs: 0, voided: 25, total: 225 - 100 })
  })

  it('voids by a stall that can have made the difference, and by no other', () => {
    expect(isVoid(15, 30, 20)).toBe(false)
    expect(isVoid(25, 30, 20)).toBe(true)
    expect(isVoid(25, 2000, 20)).toBe(false)
    expect(isVoid(400, 2000, 20)).toBe(true)
  })

  it('is kind to clients that try again only where the second try was answered', () => {
    const series = seriesOf(300, (at) => (at >= 1500 && at < 2000 ? 'connect refused' : undefined))
    const samples = series.samples.map((one) => (one.ok ? one : { ...one, retryOk: one.atMs >= 1600 }))
    expect(only(afterOneRetry({ ...series, samples }))).toMatchObject({ probe: 'new connection, one retry', failed: 5, longestMs: 100 })
  })

  it('names the server of a class that has several', () => {
    expect(only(seriesOf(300, () => undefined, { probe: 'API server directly', server: 'cp-2' }))?.probe).toBe('API server directly: cp-2')
  })

  it('takes the worst machine that was not itself broken for its class', () => {
    const down = (fromMs: number, toMs: number) => (at: number) => (at >= fromMs && at < toMs ? 'connect timeout' : undefined)
    const direct = { probe: 'API server directly' }
    const rows = measureAll(
      [
        seriesOf(300, down(1500, 1600)),
        seriesOf(300, down(1100, 4000), { ...direct, server: 'cp-1' }),
        seriesOf(300, down(1500, 1700), { ...direct, server: 'cp-2' }),
        seriesOf(300, down(1500, 1560), { ...direct, server: 'cp-3' }),
        seriesOf(0, () => undefined, { ...direct, server: 'cp-4' }),
      ],
      phases,
      { victims: ['cp-1'], budgets: { 'API server directly': 300, 'new connection': null } },
    )
    expect(rows.map((one) => [one.probe, one.spanMs, one.budgetMs])).toEqual([
      ['new connection', 100, undefined],
      ['new connection, one retry', 100, undefined],
      ['API server directly', 200, 300],
      ['API server directly: cp-1', 2900, undefined],
      ['API server directly: cp-2', 200, undefined],
      ['API server directly: cp-3', 60, undefined],
      ['API server directly: cp-4', 0, undefined],
    ])
    const allBroken = measureAll([seriesOf(300, () => undefined, { ...direct, server: 'cp-1' })], phases, {
      victims: ['cp-1'],
      budgets: {},
    })
    expect(allBroken.map((one) => one.probe)).toEqual(['API server directly', 'API server directly: cp-1'])
  })

  it('gives latencies before, in and after, by nearest rank, of answers only', () => {
    const samples = Array.from({ length: 100 }, (_, i) => ({ atMs: i, tookMs: i + 1, ok: i < 99, ...(i < 99 ? {} : { why: 'x' }) }))
    expect(percentilesOf(samples)).toEqual({ p50: 50, p95: 95, p99: 99 })
    expect(percentilesOf([])).toEqual({ p50: null, p95: null, p99: null })
  })

  it('finds the true length of any single outage to within one interval', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.double({ min: 1100, max: 1900, noNaN: true }),
        fc.double({ min: 25, max: 1500, noNaN: true }),
        (phase, from, length) => {
          const series = seriesOf(300, () => undefined)
          const samples = series.samples.map(({ tookMs, atMs }) => {
            const at = atMs + phase
            return { atMs: at, tookMs, ok: at < from || at >= from + length, why: 'x' }
          })
          const felt = only({ ...series, samples })
          expect(Math.abs((felt?.longestMs ?? 0) - length)).toBeLessThanOrEqual(20.001)
        },
      ),
    )
  })

  it('covers every failed sample with exactly one window', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 120 }), (oks) => {
        const samples = oks.map((ok, i) => ({ atMs: i * 20, tookMs: 1, ok }))
        const windows = windowsOf(samples)
        expect(windows.reduce((sum, one) => sum + one.failed, 0)).toBe(oks.filter((ok) => !ok).length)
        for (const [i, one] of windows.entries()) {
          const next = windows[i + 1]
          if (next) expect(next.fromMs - (one.toMs ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(5 * 20)
        }
      }),
    )
  })
})

describe('lanes', () => {
  it('draws neighbours of one kind as one bar, and failures as points', () => {
    const lane = probeLane(
      seriesOf(50, (at) => (at >= 200 && at < 400 ? 'connect refused' : undefined)),
      0,
      1000,
    )
    expect(lane.segments).toEqual([
      { fromMs: 0, toMs: 200, kind: 'ok' },
      { fromMs: 200, toMs: 400, kind: 'failing' },
      { fromMs: 400, toMs: 1000, kind: 'ok' },
    ])
    expect(lane.points).toHaveLength(10)
  })

  it('leaves a gap where nothing was sampled', () => {
    const series = seriesOf(50, () => undefined)
    const lane = probeLane({ ...series, samples: series.samples.filter((one) => one.atMs < 300 || one.atMs >= 600) }, 0, 1000)
    expect(lane.segments.length).toBeGreaterThan(1)
  })

  it('has a lane for each machine that may hold the address, and for each that did', () => {
    const owners = [
      { label: 'lb-1', fromMs: -50, toMs: 400 },
      { label: 'w-1', fromMs: 100, toMs: 200 },
    ]
    const lanes = ownerLanes(owners, ['lb-1', 'lb-2'], 0, 1000)
    expect(lanes.map((one) => [one.name, one.segments.length])).toEqual([
      ['VIP on lb-1', 1],
      ['VIP on lb-2', 0],
      ['VIP on w-1', 1],
    ])
    expect(lanes[0]?.segments[0]).toEqual({ fromMs: 0, toMs: 400, kind: 'owner' })
    expect(intervalLane('leader', 'etcd leader', [{ fromMs: 5, toMs: 9, label: 'cp-1' }], 'holder', 0, 10).segments).toEqual([
      { fromMs: 5, toMs: 9, kind: 'holder', label: 'cp-1' },
    ])
  })
})
