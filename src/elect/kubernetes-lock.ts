import { type HttpAnswer, HttpClient } from '../client/http.js'
import { ApiError, apiErrorOf, jsonOf } from '../client/kubernetes-error.js'
import { linesOf } from '../client/lines.js'
import type { Dial, TlsIdentity } from '../client/transport.js'
import { elapsedMs, type Instant, readClock } from './clock.js'
import { holderOfLease, type LeaseObject, releasedLease, renewedLease, takenLease, tokenOfLease } from './lease-record.js'
import type { Claimant, Holder, Lock, Term } from './lock.js'
import { jittered } from './timing.js'
import { watching } from './watching.js'

export interface KubernetesLockOptions {
  host: string
  port: number
  serverName?: string
  tls?: TlsIdentity
  /** Asked anew for each request: tokens of service accounts are exchanged while they are in use. */
  bearer?: () => string
  dial: Dial
  namespace: string
  name: string
  claimant: Claimant
  ttlMs: number
}

interface LeaseTerm extends Term {
  lease: LeaseObject
}

const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409
const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404

/**
 * A lock that is a Lease of Kubernetes. Times of day in the Lease decide nothing: it counts as run out when this process has seen it
 * unchanged for as long as its holder's `leaseDurationSeconds`, on a clock of its own. Every write is guarded by the version that was read.
 * Throws ApiError and TransportFault.
 */
export class KubernetesLock implements Lock {
  readonly kind = 'kubernetes'
  readonly #http: HttpClient
  readonly #options: KubernetesLockOptions
  readonly #collection: string
  readonly #requestMs: number
  /** The Lease as last seen, and since when it has looked like that. */
  #seen: { lease: LeaseObject | undefined; version: string; at: Instant } | undefined

  constructor(options: KubernetesLockOptions) {
    const { host, port, serverName, tls, dial } = options
    this.#options = options
    this.#requestMs = Math.min(5000, Math.max(500, options.ttlMs / 2))
    this.#http = new HttpClient({ host, port, dial, ...(tls ? { tls } : {}), ...(serverName ? { serverName } : {}) }, this.#requestMs)
    this.#collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(options.namespace)}/leases`
  }

  get endpoint(): string {
    return this.#http.endpoint
  }

  get #path(): string {
    return `${this.#collection}/${encodeURIComponent(this.#options.name)}`
  }

  close(): void {
    this.#http.close()
  }

  #headers(): Record<string, string> {
    const { bearer } = this.#options
    return { accept: 'application/json', ...(bearer ? { authorization: `Bearer ${bearer()}` } : {}) }
  }

  #ask(method: string, path: string, deadlineMs: number, body?: unknown): Promise<HttpAnswer> {
    return this.#http.request({ method, path, deadlineMs, headers: this.#headers(), ...(body ? { body } : {}) })
  }

  async #write(method: 'POST' | 'PUT', lease: LeaseObject, deadlineMs = this.#requestMs): Promise<LeaseObject> {
    const path = `${method === 'POST' ? this.#collection : this.#path}?fieldManager=quorate-elect`
    return jsonOf<LeaseObject>(await this.#ask(method, path, deadlineMs, lease), this.endpoint, `${method} ${this.#path}`)
  }

  /** The newest state: without a resourceVersion the server asks a quorum of its store. */
  async #look(deadlineMs = this.#requestMs): Promise<LeaseObject | undefined> {
    const answer = await this.#ask('GET', this.#path, deadlineMs)
    try {
      return jsonOf<LeaseObject>(answer, this.endpoint, `GET ${this.#path}`)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async read({ deadlineMs }: { deadlineMs: number }): Promise<Holder | undefined> {
    return holderOfLease(await this.#look(deadlineMs))
  }

  /** Notes what was just read. A Lease that has not changed keeps the moment at which it was first seen like this. */
  #note(lease: LeaseObject | undefined): { holder: Holder | undefined; leftMs: number } {
    const version = lease ? `${lease.metadata.uid} ${lease.metadata.resourceVersion}` : ''
    const now = readClock()
    if (this.#seen?.version !== version) this.#seen = { lease, version, at: now }
    const holder = holderOfLease(lease)
    // Ours without our knowing: the answer to a write was lost. Nothing runs under it.
    if (!holder || holder.instance === this.#options.claimant.instance) return { holder: undefined, leftMs: 0 }
    return { holder, leftMs: (holder.ttlMs ?? this.#options.ttlMs) - elapsedMs(this.#seen.at, now) }
  }

  async untilFree(see: (holder: Holder | undefined) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const { holder, leftMs } = this.#note(await this.#look())
      see(holder)
      if (!holder || leftMs <= 0) return
      await this.#untilChanged(leftMs, see, signal)
    }
  }

  /** Follows the Lease until it is free or has not changed for as long as it lasts; each renewal that is seen puts that off. */
  async #untilChanged(firstLeftMs: number, see: (holder: Holder | undefined) => void, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      watch: '1',
      fieldSelector: `metadata.name=${this.#options.name}`,
      resourceVersion: this.#seen?.lease?.metadata.resourceVersion ?? '',
    })
    const quiet = new AbortController()
    const onAbort = () => quiet.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    let timer = setTimeout(() => quiet.abort(), firstLeftMs + 1)
    try {
      await watching(jittered(600_000), quiet.signal, async (until) => {
        const path = `${this.#collection}?${query}`
        const stream = await this.#http.stream({
          method: 'GET',
          path,
          headers: this.#headers(),
          signal: until,
          deadlineMs: this.#requestMs,
        })
        for await (const line of linesOf(stream.chunks())) {
          if (stream.status !== 200) throw apiErrorOf(stream.status, line, this.endpoint, `watch ${this.#path}`)
          const event = JSON.parse(line) as { type: string; object: LeaseObject & { code?: number; message?: string } }
          // Version too old, or the server ends: ask again.
          if (event.type === 'ERROR') return
          const { holder, leftMs } = this.#note(event.type === 'DELETED' ? undefined : event.object)
          see(holder)
          if (!holder || leftMs <= 0) return
          clearTimeout(timer)
          timer = setTimeout(() => quiet.abort(), leftMs + 1)
        }
      })
    } catch (error) {
      if (!quiet.signal.aborted || signal.aborted) throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async take(): Promise<Term | undefined> {
    const { namespace, name, claimant, ttlMs } = this.#options
    const before = this.#seen?.lease
    const renewedAt = readClock()
    try {
      const lease = await this.#write(before ? 'PUT' : 'POST', takenLease(before, { namespace, name }, claimant, ttlMs))
      const term: LeaseTerm = { token: tokenOfLease(lease, this.endpoint), renewedAt, ttlMs, lease }
      return term
    } catch (error) {
      if (isConflict(error) || (before && isGone(error))) return undefined
      throw error
    }
  }

  async renew(term: Term, { deadlineMs }: { deadlineMs: number }): Promise<Instant | 'lost'> {
    const held = term as LeaseTerm
    const begun = performance.now()
    for (;;) {
      const startedAt = readClock()
      const left = Math.max(1, Math.round(deadlineMs - (performance.now() - begun)))
      try {
        held.lease = await this.#write('PUT', renewedLease(held.lease, term.token), left)
        return startedAt
      } catch (error) {
        if (isGone(error)) return 'lost'
        if (!isConflict(error)) throw error
      }
      // Changed since: by a renewal of ours whose answer was lost, by somebody who put a label on it, or by the next holder.
      const now = await this.#look(Math.max(1, Math.round(deadlineMs - (performance.now() - begun))))
      if (!now || holderOfLease(now)?.instance !== this.#options.claimant.instance) return 'lost'
      if (now.metadata.uid !== held.lease.metadata.uid) return 'lost'
      held.lease = now
    }
  }

  async release(): Promise<void> {
    const now = await this.#look()
    if (!now || holderOfLease(now)?.instance !== this.#options.claimant.instance) return
    try {
      await this.#write('PUT', releasedLease(now))
    } catch (error) {
      // Somebody else has it by now, or it is gone: what was wanted.
      if (!isGone(error) && !isConflict(error)) throw error
    }
  }
}
