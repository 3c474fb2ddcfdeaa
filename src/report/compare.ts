import type { Comparison, ComparisonRow } from './comparison.js'
import type { DrillReport, FaultReport } from './drill-report.js'
import { median, milliseconds, plural } from './format.js'
import { headlineOf } from './verdict.js'

interface Series {
  probe: string
  spans: number[]
  medianMs: number
  /** Half the range of the repeats; with one run nothing is known of it. */
  spreadMs: number
  uncertaintyMs: number
}

const seriesOf = (fault: FaultReport): Series | undefined => {
  const probe = headlineOf(fault)
  if (!probe || fault.verdict === 'not-evaluated') return undefined
  const spans =
    fault.repeats.length > 0 ? fault.repeats.filter((one) => one.verdict !== 'not-evaluated').map((one) => one.spanMs) : [probe.spanMs]
  if (spans.length === 0) return undefined
  const spreadMs = (Math.max(...spans) - Math.min(...spans)) / 2
  return { probe: probe.probe, spans, medianMs: median(spans), spreadMs, uncertaintyMs: probe.uncertaintyMs }
}

/**
 * A difference that chance can make: the spread of both sides' repeats and the uncertainty of both probes. A single run tells
 * nothing of its spread, so half of its own figure stands in for it (luck decides an election within a factor of two).
 */
const noiseOf = (now: Series, then: Series): number => {
  const spread = (one: Series): number => (one.spans.length > 1 ? one.spreadMs : one.medianMs / 2)
  return Math.hypot(spread(now), spread(then)) + now.uncertaintyMs + then.uncertaintyMs
}

const rank: Record<FaultReport['verdict'], number> = { fail: 0, 'not-evaluated': 1, pass: 2 }

const rowOf = (now: FaultReport | undefined, then: FaultReport | undefined): ComparisonRow | undefined => {
  const one = now ?? then
  if (!one) return undefined
  const nowSeries = now && seriesOf(now)
  const thenSeries = then && seriesOf(then)
  const common = {
    fault: one.id,
    title: one.title,
    probe: nowSeries?.probe ?? thenSeries?.probe ?? one.predicted.probe,
    ...(nowSeries ? { nowMs: nowSeries.medianMs } : {}),
    ...(thenSeries ? { thenMs: thenSeries.medianMs } : {}),
    nowRuns: nowSeries?.spans.length ?? 0,
    thenRuns: thenSeries?.spans.length ?? 0,
  }
  if (!then) return { ...common, change: 'new', because: 'not drilled then' }
  if (!now) return { ...common, change: 'gone', because: 'not drilled now' }
  const verdicts = `${then.verdict} then, ${now.verdict} now`
  const comparable = nowSeries && thenSeries && nowSeries.probe === thenSeries.probe
  const noiseMs = comparable ? noiseOf(nowSeries, thenSeries) : undefined
  const floorMs = comparable ? Math.max(nowSeries.uncertaintyMs, thenSeries.uncertaintyMs) : 0
  const ratio =
    comparable && nowSeries.medianMs > floorMs && thenSeries.medianMs > floorMs ? thenSeries.medianMs / nowSeries.medianMs : undefined
  const measured = { ...common, ...(noiseMs === undefined ? {} : { noiseMs }), ...(ratio === undefined ? {} : { ratio }) }
  // A verdict that changed outweighs any figure: a limit or an invariant is broken, or no longer is.
  if (rank[now.verdict] !== rank[then.verdict])
    return { ...measured, change: rank[now.verdict] > rank[then.verdict] ? 'better' : 'worse', because: verdicts }
  if (!comparable || noiseMs === undefined)
    return {
      ...measured,
      change: 'same',
      because: nowSeries && thenSeries ? 'measured on different classes of client' : `not measured, ${verdicts}`,
    }
  const change = nowSeries.medianMs - thenSeries.medianMs
  const runs = `${plural(nowSeries.spans.length, 'run')} against ${thenSeries.spans.length}`
  if (Math.abs(change) <= noiseMs)
    return {
      ...measured,
      change: 'same',
      because: `${Math.abs(change) < 0.5 ? 'equal' : `${milliseconds(Math.abs(change))} apart`}, within the noise of ${milliseconds(noiseMs)}; ${runs}`,
    }
  return {
    ...measured,
    change: change < 0 ? 'better' : 'worse',
    because: `${milliseconds(Math.abs(change))} ${change < 0 ? 'shorter' : 'longer'}, noise ${milliseconds(noiseMs)}; ${runs}`,
  }
}

const differencesOf = (now: DrillReport, then: DrillReport): string[] => {
  const pairs: [string, unknown, unknown][] = [
    ['quorate', now.quorate, then.quorate],
    ['Kubernetes', now.cluster.kubernetesVersion, then.cluster.kubernetesVersion],
    ['timing profile', now.timing.name, then.timing.name],
    ['topology', now.cluster.topology, then.cluster.topology],
    ['balancer', now.cluster.balancer, then.cluster.balancer],
    ['number of machines', now.cluster.machines.length, then.cluster.machines.length],
    ['processors', now.computer.cpus, then.computer.cpus],
    ['processor', now.computer.cpuModel, then.computer.cpuModel],
    ['lab', now.computer.lab, then.computer.lab],
  ]
  const found = pairs.filter(([, a, b]) => a !== b).map(([what, a, b]) => `${what} ${a} now, ${b} then`)
  const timing = (one: DrillReport): string => JSON.stringify({ ...one.timing, name: '' })
  if (now.timing.name === then.timing.name && timing(now) !== timing(then)) found.push(`timing profile ${now.timing.name} has other values`)
  return found
}

/**
 * Each fault of two runs side by side, medians of the repeats: better or worse only where the verdict changed or the difference
 * exceeds what chance can make. `against` names the other run.
 */
export const compareReports = (now: DrillReport, then: DrillReport, against: string): Comparison => {
  // By role, since the machine behind a role changes from run to run.
  const keyed = (report: DrillReport) =>
    new Map(report.faults.filter((one) => one.control === undefined).map((one) => [`${one.id} ${one.victim.role}`, one]))
  const earlier = keyed(then)
  const current = keyed(now)
  const ids = [...new Set([...current.keys(), ...earlier.keys()])]
  return {
    against,
    differences: differencesOf(now, then),
    rows: ids.map((id) => rowOf(current.get(id), earlier.get(id))).filter((one) => one !== undefined),
  }
}
