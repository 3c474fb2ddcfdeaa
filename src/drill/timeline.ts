import type { Lane, LaneGroup, Segment, Timeline } from '../report/drill-report.js'
import { type Interval, nameOf, type Sample, type Series } from './samples.js'

/** An answer slower than this is a disturbance of its own (SLO of Kubernetes: 1 s at p99 for single objects). */
const slowMs = 1000

const kindOf = (sample: Sample): Segment['kind'] =>
  sample.void ? 'void' : !sample.ok ? 'failing' : sample.tookMs > slowMs ? 'degraded' : 'ok'

/** Samples of one class as bars: neighbours of one kind are one bar. `watch` is drawn as connected or missing. */
export const probeLane = (series: Series, fromMs: number, toMs: number): Lane => {
  const watch = series.probe === 'watch'
  const segments: Segment[] = []
  const drawn: Partial<Record<Segment['kind'], Segment['kind']>> = watch ? { ok: 'open', failing: 'missing', degraded: 'open' } : {}
  const seen = series.samples.filter((one) => one.atMs >= fromMs && one.atMs < toMs).sort((a, b) => a.atMs - b.atMs)
  for (const [i, sample] of seen.entries()) {
    const kind = drawn[kindOf(sample)] ?? kindOf(sample)
    const nextMs = seen[i + 1]?.atMs ?? Number.POSITIVE_INFINITY
    // Where samples are missing nothing is known, so nothing is drawn.
    const untilMs = Math.min(toMs, nextMs - sample.atMs < 2 * series.intervalMs ? nextMs : sample.atMs + series.intervalMs)
    const last = segments.at(-1)
    if (last?.kind === kind && sample.atMs - last.toMs < series.intervalMs) last.toMs = untilMs
    else segments.push({ fromMs: sample.atMs, toMs: untilMs, kind })
  }
  const points = watch
    ? []
    : seen.filter((one) => !one.ok && !one.void).map((one) => ({ atMs: one.atMs, kind: 'failed' as const, label: one.why ?? 'unknown' }))
  return { group: watch ? 'watch' : 'probe', name: nameOf(series), segments, points }
}

export const intervalLane = (
  group: LaneGroup,
  name: string,
  intervals: readonly Interval[],
  kind: Segment['kind'],
  fromMs: number,
  toMs: number,
): Lane => ({
  group,
  name,
  segments: intervals
    .filter((one) => one.toMs > fromMs && one.fromMs < toMs)
    .map((one) => ({
      fromMs: Math.max(fromMs, one.fromMs),
      toMs: Math.min(toMs, one.toMs),
      kind,
      ...(kind === 'owner' ? {} : { label: one.label }),
    })),
  points: [],
})

/** Who held the virtual IP, per machine; a lane for every machine that may, and for every other one that did. */
export const ownerLanes = (owners: readonly Interval[], expected: readonly string[], fromMs: number, toMs: number): Lane[] => {
  const names = [...new Set([...expected, ...owners.map((one) => one.label)])]
  return names.map((name) =>
    intervalLane(
      'virtual-ip',
      `VIP on ${name}`,
      owners.filter((one) => one.label === name),
      'owner',
      fromMs,
      toMs,
    ),
  )
}

export const timelineOf = (fromMs: number, toMs: number, lanes: readonly Lane[]): Timeline => ({ fromMs, toMs, lanes: [...lanes] })

/** Time within [fromMs, toMs) in which no machine held the address, and in which two or more did. */
export const ownership = (owners: readonly Interval[], fromMs: number, toMs: number): { gapMs: number; splitMs: number } => {
  const edges = owners
    .flatMap((one) => [
      { atMs: Math.max(fromMs, one.fromMs), step: 1 },
      { atMs: Math.min(toMs, one.toMs), step: -1 },
    ])
    .filter((_, i, all) => {
      const pair = all[i % 2 === 0 ? i + 1 : i - 1]
      const mine = all[i]
      return mine !== undefined && pair !== undefined && (i % 2 === 0 ? pair.atMs > mine.atMs : mine.atMs > pair.atMs)
    })
    .sort((a, b) => a.atMs - b.atMs || b.step - a.step)
  let [atMs, holders, gapMs, splitMs] = [fromMs, 0, 0, 0]
  for (const edge of [...edges, { atMs: toMs, step: 0 }]) {
    const spanMs = edge.atMs - atMs
    if (holders === 0) gapMs += spanMs
    if (holders > 1) splitMs += spanMs
    holders += edge.step
    atMs = edge.atMs
  }
  return { gapMs, splitMs }
}
