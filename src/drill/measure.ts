import type { Percentiles, ProbeResult } from '../report/drill-report.js'
import { nameOf, type Sample, type Series } from './samples.js'

/** Moments of one fault on the monotonic clock. */
export interface Phases {
  /** Baseline begins. */
  fromMs: number
  /** The order to break was given; failures before it are not the fault's. */
  brokenMs: number
  /** The order to mend was given. */
  healedMs: number
  toMs: number
}

/** A disturbance: from the first failure to the first of several clean answers in a row. */
export interface Window {
  fromMs: number
  /** Due time of the first success after its last failure; absent = it never came. */
  toMs?: number
  /** When that success was answered: a patient request that is due before the mending may be answered only by it. */
  answeredMs?: number
  failed: number
}

/** An outage is over when this many samples in a row were answered. */
export const cleanRun = 5

const usable = (samples: readonly Sample[]): Sample[] => samples.filter((one) => one.void === undefined)

/** Windows of failure among samples in order of due time. Failures less than `cleanRun` successes apart are one window. */
export const windowsOf = (samples: readonly Sample[]): Window[] => {
  const windows: Window[] = []
  let open: (Window & { clean: number }) | undefined
  const close = (): void => {
    if (!open) return
    const { clean: _, ...window } = open
    windows.push(window)
    open = undefined
  }
  for (const { atMs, tookMs, ok } of usable(samples)) {
    if (!ok) {
      if (open) {
        open.failed++
        open.clean = 0
        delete open.toMs
        delete open.answeredMs
      } else open = { fromMs: atMs, failed: 1, clean: 0 }
    } else if (open) {
      open.toMs ??= atMs
      open.answeredMs ??= atMs + tookMs
      if (++open.clean >= cleanRun) close()
    }
  }
  close()
  return windows
}

/** The longest time in which not one request succeeded: from a failure to the next success. */
const longestRunMs = (samples: readonly Sample[], endMs: number): number => {
  let longest = 0
  let from: number | undefined
  for (const { atMs, ok } of usable(samples)) {
    if (!ok) from ??= atMs
    else if (from !== undefined) {
      longest = Math.max(longest, atMs - from)
      from = undefined
    }
  }
  return from === undefined ? longest : Math.max(longest, endMs - from)
}

/** Latency of what was answered; nearest rank. null without an answer. */
export const percentilesOf = (samples: readonly Sample[]): Percentiles => {
  const sorted = usable(samples)
    .filter((one) => one.ok)
    .map((one) => one.tookMs)
    .sort((a, b) => a - b)
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

const between = (samples: readonly Sample[], fromMs: number, toMs: number): Sample[] =>
  samples.filter((one) => one.atMs >= fromMs && one.atMs < toMs)

const errorsOf = (samples: readonly Sample[]): Record<string, number> => {
  const errors: Record<string, number> = {}
  for (const { ok, why = 'unknown' } of samples) if (!ok) errors[why] = (errors[why] ?? 0) + 1
  return errors
}

const figuresOf = (
  samples: readonly Sample[],
  endMs: number,
): Pick<ProbeResult, 'longestMs' | 'spanMs' | 'count' | 'failed' | 'total' | 'voided' | 'errors' | 'returnedMs'> => {
  const good = usable(samples)
  const windows = windowsOf(good)
  const first = windows[0]
  const last = windows.at(-1)
  const { toMs: until, answeredMs: returned } = last ?? {}
  return {
    longestMs: longestRunMs(good, endMs),
    spanMs: first ? (until ?? endMs) - first.fromMs : 0,
    count: windows.length,
    failed: good.filter((one) => !one.ok).length,
    total: good.length,
    // Within an outage that stands anyway a sample that says nothing hides nothing.
    voided: samples.filter((one) => one.void && !windows.some(({ fromMs, toMs }) => one.atMs >= fromMs && one.atMs < (toMs ?? endMs)))
      .length,
    errors: errorsOf(good),
    ...(returned === undefined ? {} : { returnedMs: returned }),
  }
}

/**
 * Where the part that belongs to the fault ends: when it was healed, or when service that was away by then came back. A disturbance that
 * begins with requests that were just under way at that moment was made by the mending, and begins the part that belongs to that.
 */
const endOfFault = (samples: readonly Sample[], { brokenMs, healedMs, toMs }: Phases): number => {
  const answerMs = percentilesOf(between(samples, brokenMs, healedMs)).p95 ?? 0
  const reaching = windowsOf(between(samples, brokenMs, toMs)).filter(
    (one) => one.fromMs < healedMs && (one.answeredMs === undefined || one.answeredMs >= healedMs),
  )
  const across = reaching.find((one) => one.fromMs < healedMs - answerMs)
  if (!across) return reaching[0]?.fromMs ?? healedMs
  // One more sample, so that the return itself is seen.
  return across.toMs === undefined ? toMs : Math.max(healedMs, across.toMs + 0.001)
}

/**
 * What one class felt. The first result is the fault's own: failures from the order to break until it was healed, and on until service
 * came back if it was away by then. A second one, named `... (undo)`, tells of failures that healing itself made, if it did.
 */
export const measure = (series: Series, phases: Phases, budgetMs?: number): ProbeResult[] => {
  const { intervalMs, ownDelayMs } = series
  const probe = nameOf(series)
  const samples = [...series.samples].sort((a, b) => a.atMs - b.atMs)
  const { fromMs, brokenMs, healedMs, toMs } = phases
  const endMs = endOfFault(samples, phases)
  const latency = {
    before: percentilesOf(between(samples, fromMs, brokenMs)),
    during: percentilesOf(between(samples, brokenMs, healedMs)),
    after: percentilesOf(between(samples, healedMs, toMs)),
  }
  const common = { uncertaintyMs: intervalMs + ownDelayMs, ...(budgetMs === undefined ? {} : { budgetMs }) }
  // A request that was under way when the fault struck, and failed, was struck by it.
  const struck = samples.filter((one) => one.atMs >= fromMs && one.atMs < brokenMs && !one.ok && one.atMs + one.tookMs >= brokenMs)
  const own: ProbeResult = { probe, ...figuresOf([...struck, ...between(samples, brokenMs, endMs)], endMs), latency, ...common }
  const undo = figuresOf(between(samples, endMs, toMs), toMs)
  return undo.failed === 0 ? [own] : [own, { probe: `${probe} (undo)`, ...undo, latency, ...common }]
}

/** The same class for clients that try once more: a request failed only if both tries did. */
export const afterOneRetry = (series: Series): Series => ({
  ...series,
  probe: `${series.probe}, one retry`,
  samples: series.samples.map((one) => (one.ok || one.retryOk !== true ? one : { ...one, ok: true })),
})

export interface MeasureOptions {
  /** Machines that were broken: what was asked of them, or from them, says what the fault did and not what it did to users. */
  victims: readonly string[]
  /** Limits by class. */
  budgets: Readonly<Record<string, number | null>>
}

const withoutServer = ({ server: _, ...series }: Series): Series => series

const worstOf = (results: readonly ProbeResult[]): ProbeResult | undefined =>
  results.reduce<ProbeResult | undefined>(
    (worst, one) => (worst && (worst.spanMs > one.spanMs || one.total === 0) ? worst : one),
    undefined,
  )

/**
 * What every class felt, one row a class, in the order of the series; the new connection also with one retry. A class that is asked of,
 * or from, several machines is as bad as the worst of them that was not itself broken; a row for each of them follows, without a limit.
 */
export const measureAll = (all: readonly Series[], phases: Phases, { victims, budgets }: MeasureOptions): ProbeResult[] => {
  const retried = all.flatMap((one) => (one.probe === 'new connection' ? [one, afterOneRetry(one)] : [one]))
  const classes = [...new Set(retried.map((one) => one.probe))]
  return classes.flatMap((probe) => {
    const own = retried.filter((one) => one.probe === probe)
    const budgetMs = budgets[probe] ?? undefined
    const single = own.filter((one) => one.server === undefined)
    if (single.length > 0) return single.flatMap((one) => measure(one, phases, budgetMs))
    const spared = own.filter((one) => !victims.includes(one.server ?? ''))
    // Where all were victims the fault was mostly in something that runs on them, and there is nobody else to ask.
    const asClass = (spared.length > 0 ? spared : own).map((one) => measure(withoutServer(one), phases, budgetMs))
    const worst = [
      worstOf(asClass.flatMap(([fault]) => (fault ? [fault] : []))),
      worstOf(asClass.flatMap(([, undo]) => (undo ? [undo] : []))),
    ]
    return [...worst.filter((one) => one !== undefined), ...own.flatMap((one) => measure(one, phases))]
  })
}
