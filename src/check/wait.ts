import type { CheckResult } from '../model/check.js'
import { contextOf, join, type ObserveOptions } from '../observe/cluster-facts.js'
import { openConnections } from '../observe/connections.js'
import { lookAt, type Part, type PartContext, type Sight } from '../observe/parts.js'
import type { Claim } from './claim.js'
import { claimsOf } from './claims.js'

export interface WaitOptions {
  /** Give up after this long. */
  deadlineMs: number
  /** Each change once: a new verdict, or new evidence of a claim that does not hold yet. */
  onChange?: (result: CheckResult) => void
  /** Base interval of looking; default 200. Dearer parts are looked at less often. */
  everyMs?: number
}

export interface WaitResult {
  ok: boolean
  results: CheckResult[]
  ms: number
}

/** How many base intervals lie between two looks. Parts that need SSH start a process on both ends. */
const spacing: Readonly<Record<Part, number>> = {
  'api-servers': 1,
  endpoint: 1,
  nodes: 1,
  pods: 1,
  'api-addresses': 1,
  etcd: 1,
  leases: 2,
  'etcd-hash': 2,
  budgets: 2,
  certificates: 2,
  probes: 2,
  web: 2,
  hosted: 1,
  entries: 10,
  balancers: 2,
  machines: 5,
}

/** How long before the moment in which the last claim came to hold another one may have been seen to hold. */
const freshMs = 1500

/** The state of one wait. Each part has at most one look under way. */
class Waiting {
  readonly #results = new Map<string, CheckResult>()
  readonly #heldAtMs = new Map<string, number>()
  readonly #sights = new Map<Part, Sight>()
  readonly #nextAtMs = new Map<Part, number>()
  readonly #running = new Set<Part>()
  #wake: () => void = () => {}
  #failure: unknown

  constructor(
    private readonly claims: readonly Claim[],
    private readonly look: (part: Part) => Promise<Sight>,
    private readonly ctx: PartContext,
    private readonly options: Required<Pick<WaitOptions, 'deadlineMs' | 'everyMs' | 'onChange'>>,
  ) {}

  get results(): CheckResult[] {
    return this.claims.flatMap((one) => this.#results.get(one.id) ?? [])
  }

  #holds(id: string): boolean {
    return this.#results.get(id)?.verdict === 'True' || !this.claims.some((one) => one.id === id)
  }

  #pending(): Claim[] {
    return this.claims.filter((one) => !this.#holds(one.id))
  }

  /** Claims that held first may have been lost since: they must hold together, not one after another. */
  #stale(allHeldMs: number): Claim[] {
    return this.claims.filter((one) => !one.steady && (this.#heldAtMs.get(one.id) ?? 0) < allHeldMs - freshMs)
  }

  async run(): Promise<boolean> {
    const endMs = performance.now() + this.options.deadlineMs
    let allHeldMs: number | undefined
    for (;;) {
      const nowMs = performance.now()
      if (this.#failure !== undefined) throw this.#failure
      if (this.ctx.signal?.aborted) throw this.ctx.signal.reason
      const pending = this.#pending()
      if (pending.length > 0) allHeldMs = undefined
      else allHeldMs ??= nowMs
      const wanted = allHeldMs === undefined ? pending.filter((one) => one.after.every((id) => this.#holds(id))) : this.#stale(allHeldMs)
      if (pending.length === 0 && wanted.length === 0) return true
      if (nowMs >= endMs) return false
      const waitMs = this.#start(new Set(wanted.flatMap((one) => one.needs)), nowMs)
      await this.#sleep(Math.min(waitMs, endMs - nowMs))
    }
  }

  /** Starts what is due; returns the time until the next part is. */
  #start(parts: ReadonlySet<Part>, nowMs: number): number {
    let nextMs = this.options.everyMs
    for (const part of parts) {
      if (this.#running.has(part)) continue
      const inMs = (this.#nextAtMs.get(part) ?? 0) - nowMs
      if (inMs > 0) nextMs = Math.min(nextMs, inMs)
      else this.#lookAt(part)
    }
    return Math.max(5, nextMs)
  }

  #lookAt(part: Part): void {
    this.#running.add(part)
    const startedMs = performance.now()
    this.look(part)
      .then((sight) => {
        this.#sights.set(part, sight)
        this.#judge(part)
      })
      .catch((error: unknown) => {
        this.#failure = error
      })
      .finally(() => {
        const endedMs = performance.now()
        this.#running.delete(part)
        // On a busy computer looking takes longer; it must not become the load that it waits out.
        this.#nextAtMs.set(part, Math.max(startedMs + spacing[part] * this.options.everyMs, endedMs + (endedMs - startedMs) / 2))
        this.#wake()
      })
  }

  /** Judges the claims that this part was the last to be seen for; each by the parts that it names and by nothing else. */
  #judge(part: Part): void {
    const seenAtMs = performance.now()
    for (const claim of this.claims) {
      if (!claim.needs.includes(part)) continue
      const sights = claim.needs.map((need) => this.#sights.get(need))
      if (sights.some((one) => one === undefined)) continue
      const { observed, live } = join(
        this.ctx.cluster,
        sights.flatMap((one) => (one ? [one] : [])),
      )
      const result = claim.evaluate(this.ctx.cluster, observed, live)
      const before = this.#results.get(claim.id)
      this.#results.set(claim.id, result)
      if (result.verdict === 'True') this.#heldAtMs.set(claim.id, seenAtMs)
      else this.#heldAtMs.delete(claim.id)
      const changed = before?.verdict !== result.verdict || (result.verdict !== 'True' && before.evidence !== result.evidence)
      if (changed) this.options.onChange(result)
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/**
 * Waits until every claim holds, all of them within the last moment, or the deadline passes. Looks only at what claims that do not
 * hold yet need, each part on its own clock, so a slow part delays no other. Throws only the reason of the caller's signal.
 */
export const waitForClaims = async (ctx: ObserveOptions & { only?: readonly string[] }, options: WaitOptions): Promise<WaitResult> => {
  const startedMs = performance.now()
  const claims = claimsOf(ctx.cluster).filter(
    (one) => !ctx.only || ctx.only.some((prefix) => one.id === prefix || one.id.startsWith(`${prefix}/`)),
  )
  const connections = ctx.connections ?? openConnections(ctx)
  const over = new AbortController()
  const signal = ctx.signal ? AbortSignal.any([ctx.signal, over.signal]) : over.signal
  try {
    const part = contextOf({ deadlineMs: 1500, ...ctx, signal }, connections)
    const waiting = new Waiting(claims, (one) => lookAt(one, part), part, { everyMs: 200, onChange: () => {}, ...options })
    const ok = await waiting.run()
    // A claim that was never reached, since another one did not hold, is told as what it is: not seen.
    const judged = new Map(waiting.results.map((one) => [one.id, one]))
    const results = claims.map(
      (one) => judged.get(one.id) ?? one.evaluate(ctx.cluster, { ...join(ctx.cluster, []).observed, unseen: notReached(one) }, {}),
    )
    return { ok, results, ms: performance.now() - startedMs }
  } finally {
    // Ends looks that are still under way.
    over.abort(new Error('waiting is over'))
    if (!ctx.connections) connections.close()
  }
}

const notReached = (claim: Claim): Record<string, string> => {
  const reason = claim.after.length > 0 ? `not looked at before ${claim.after.join(' and ')} holds` : 'was not seen in time'
  return Object.fromEntries(claim.needs.map((part) => [part, reason]))
}
