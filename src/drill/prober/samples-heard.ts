import type { Sample, Series } from '../samples.js'
import type { ClassHead, Line, SampleRow } from './protocol.js'

type Own = Extract<Line, { own: unknown }>['own']

/** What the prober costs, and how well it ran. */
export interface ProberFigures {
  /** Processors used, on average since it began. */
  cores: number
  rssBytes: number
  /** Worst second's p99 of its event loop, and the longest stall. */
  delayP99Ms: number
  delayMaxMs: number
  stalls: number
  /** Requests that were due and not sent. */
  dropped: number
}

/** Samples as a prober tells them, by class. */
export class Samples {
  heads: readonly ClassHead[] = []
  readonly #byKey = new Map<string, Sample[]>()
  #own: Own[] = []

  begin(heads: readonly ClassHead[]): void {
    this.heads = heads
    for (const head of heads) this.#byKey.set(head.key, [])
  }

  add(rows: readonly SampleRow[]): void {
    for (const [key, atMs, tookMs, why, retry, isVoid] of rows) {
      this.#byKey.get(key)?.push({
        atMs,
        tookMs,
        ok: why === '',
        ...(why === '' ? {} : { why }),
        ...(retry === -1 ? {} : { retryOk: retry === 1 }),
        ...(isVoid === 1 ? { void: true as const } : {}),
      })
    }
  }

  own(own: Own): void {
    this.#own.push(own)
  }

  series(fromMs: number, toMs: number): Series[] {
    const during = this.#own.filter((one) => one.atMs >= fromMs && one.atMs < toMs + 1000)
    const ownDelayMs = Math.max(0, ...during.map((one) => one.delayP99Ms))
    return this.heads.map(({ key, probe, server, intervalMs }) => ({
      probe,
      ...(server === undefined ? {} : { server }),
      intervalMs,
      ownDelayMs,
      samples: (this.#byKey.get(key) ?? []).filter((one) => one.atMs >= fromMs && one.atMs < toMs).sort((a, b) => a.atMs - b.atMs),
    }))
  }

  forget(beforeMs: number): void {
    for (const [key, samples] of this.#byKey)
      this.#byKey.set(
        key,
        samples.filter((one) => one.atMs >= beforeMs),
      )
  }

  figures(): ProberFigures {
    const [first] = this.#own
    const last = this.#own.at(-1)
    const spanMs = first && last ? last.atMs - first.atMs : 0
    const cpuMs = this.#own.reduce((sum, one) => sum + one.cpuMs, 0)
    return {
      cores: spanMs > 0 ? cpuMs / spanMs : 0,
      rssBytes: Math.max(0, ...this.#own.map((one) => one.rssBytes)),
      delayP99Ms: Math.max(0, ...this.#own.map((one) => one.delayP99Ms)),
      delayMaxMs: Math.max(0, ...this.#own.map((one) => one.delayMaxMs)),
      stalls: this.#own.reduce((sum, one) => sum + one.stalls.length, 0),
      dropped: last?.dropped ?? 0,
    }
  }
}
