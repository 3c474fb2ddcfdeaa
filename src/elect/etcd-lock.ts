import { type EtcdError, etcdErrorOf } from '../client/etcd-error.js'
import { compareBody, type KeyValue, keyValueOf, type RawKeyValue, rangeBody } from '../client/etcd-kv.js'
import { base64Of, numberOf } from '../client/etcd-value.js'
import { watchKeys } from '../client/etcd-watch.js'
import { HttpClient } from '../client/http.js'
import type { Dial, TlsIdentity } from '../client/transport.js'
import { Fault, fault } from '../model/problem.js'
import { type Instant, readClock } from './clock.js'
import type { Claimant, Holder, Lock, Term } from './lock.js'
import { jittered } from './timing.js'
import { watching } from './watching.js'

export interface EtcdLockOptions {
  endpoints: readonly { host: string; port: number }[]
  /** Absent = plain http. */
  tls?: TlsIdentity
  dial: Dial
  /** Key of the lock. */
  key: string
  claimant: Claimant
  ttlMs: number
  /** One request while nothing is held. */
  requestMs?: number
}

interface EtcdTerm extends Term {
  leaseId: string
}

interface Value extends Holder {
  leaseId?: string
}

const holderOf = (kv: KeyValue): Value => {
  const token = String(kv.createRevision)
  try {
    return { ...(JSON.parse(kv.value.toString('utf8')) as Value), token }
  } catch {
    return { identity: kv.value.toString('utf8').slice(0, 200), token }
  }
}

const withoutLease = ({ leaseId: _, ...holder }: Value): Holder => holder

/**
 * A lock that is one key of etcd, bound to a lease. The fencing token is the revision that created the key: etcd never gives a revision
 * twice. Taking it is one transaction, guarded by "the key does not exist". Throws EtcdError and TransportFault; after either, the next
 * request goes to the next endpoint.
 */
export class EtcdLock implements Lock {
  readonly kind = 'etcd'
  readonly #clients: HttpClient[]
  readonly #options: EtcdLockOptions
  readonly #requestMs: number
  #at = 0

  constructor(options: EtcdLockOptions) {
    this.#options = options
    this.#requestMs = options.requestMs ?? Math.min(5000, Math.max(500, options.ttlMs / 2))
    const { tls, dial } = options
    this.#clients = options.endpoints.map(
      ({ host, port }) => new HttpClient({ host, port, dial, ...(tls ? { tls } : {}) }, this.#requestMs),
    )
    // Machines started together do not all lean on the first endpoint.
    this.#at = Math.floor(Math.random() * this.#clients.length)
  }

  get #client(): HttpClient {
    return this.#clients[this.#at % this.#clients.length] as HttpClient
  }

  get endpoint(): string {
    return this.#client.endpoint
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** Runs requests against one endpoint; when one of them fails, later ones go to the next. */
  async #on<T>(work: (client: HttpClient) => Promise<T>): Promise<T> {
    const at = this.#at
    try {
      return await work(this.#client)
    } catch (error) {
      if (this.#at === at) this.#at++
      throw error
    }
  }

  async #post<T>(client: HttpClient, path: string, body: object, deadlineMs: number, repeatable = true): Promise<T> {
    const answer = await client.request({ method: 'POST', path: `/v3/${path}`, body, deadlineMs, repeatable })
    const text = answer.body.toString('utf8')
    if (answer.status !== 200) throw etcdErrorOf(text, answer.status, client.endpoint, path)
    return JSON.parse(text) as T
  }

  async #look(client: HttpClient, deadlineMs: number): Promise<{ revision: number; kv: KeyValue | undefined }> {
    const { key } = this.#options
    const raw = await this.#post<{ header?: { revision?: string }; kvs?: RawKeyValue[] }>(
      client,
      'kv/range',
      rangeBody(key, {}),
      deadlineMs,
    )
    const [kv] = raw.kvs ?? []
    return { revision: numberOf(raw.header?.revision), kv: kv ? keyValueOf(kv) : undefined }
  }

  async read({ deadlineMs }: { deadlineMs: number }): Promise<Holder | undefined> {
    const { kv } = await this.#on((client) => this.#look(client, deadlineMs))
    return kv && withoutLease(holderOf(kv))
  }

  async untilFree(see: (holder: Holder | undefined) => void, signal: AbortSignal): Promise<void> {
    const { claimant, ttlMs } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const { revision, kv } = await this.#on((client) => this.#look(client, this.#requestMs))
      const holder = kv && holderOf(kv)
      if (holder && holder.instance === claimant.instance && holder.leaseId) {
        // A transaction of ours whose answer was lost. Nothing runs under it.
        await this.#revoke(holder.leaseId)
        continue
      }
      see(holder && withoutLease(holder))
      if (!holder) return
      await this.#on((client) => this.#untilChanged(client, revision + 1, jittered(Math.max(ttlMs, 2000)), signal))
    }
  }

  /** Waits for one change, or until it is time to ask again: a watch through a member that is cut off from the others is silent. */
  async #untilChanged(client: HttpClient, startRevision: number, recheckMs: number, signal: AbortSignal): Promise<void> {
    await watching(recheckMs, signal, async (until) => {
      for await (const message of watchKeys(client, this.#options.key, { startRevision, signal: until, deadlineMs: this.#requestMs })) {
        if (message.events.length > 0 || message.compactRevision || message.cancelReason) return
      }
    })
  }

  async take(): Promise<Term | undefined> {
    const { key, claimant, ttlMs } = this.#options
    return await this.#on(async (client) => {
      const renewedAt = readClock()
      const ask = { TTL: Math.ceil(ttlMs / 1000), ID: 0 }
      const lease = await this.#post<{ ID?: string; TTL?: string; error?: string }>(client, 'lease/grant', ask, this.#requestMs)
      const leaseId = lease.ID ?? '0'
      const grantedMs = numberOf(lease.TTL) * 1000
      if (lease.error || leaseId === '0' || grantedMs < ttlMs) {
        throw fault('Q7905', {
          endpoint: client.endpoint,
          reason: lease.error || `a lease of ${grantedMs} ms where ${ttlMs} ms were asked`,
        })
      }
      const value: Value = { ...claimant, since: new Date().toISOString(), ttlMs: grantedMs, leaseId }
      const body = {
        compare: [compareBody({ key, target: 'create', to: 0 })],
        success: [{ request_put: { key: base64Of(key), value: base64Of(JSON.stringify(value)), lease: leaseId } }],
      }
      let taken = false
      try {
        type Answer = { header?: { revision?: string }; succeeded?: boolean }
        const raw = await this.#post<Answer>(client, 'kv/txn', body, this.#requestMs, false)
        if (!raw.succeeded) return undefined
        taken = true
        const term: EtcdTerm = { token: String(numberOf(raw.header?.revision)), renewedAt, ttlMs: grantedMs, leaseId }
        return term
      } finally {
        if (!taken) void this.#revoke(leaseId).catch(() => {})
      }
    })
  }

  async renew(term: Term, { deadlineMs }: { deadlineMs: number }): Promise<Instant | 'lost'> {
    const { leaseId } = term as EtcdTerm
    return await this.#on(async (client) => {
      const startedAt = readClock()
      const begun = performance.now()
      const raw = await this.#post<{ result?: { TTL?: string }; error?: object }>(client, 'lease/keepalive', { ID: leaseId }, deadlineMs)
      if (!raw.result) throw etcdErrorOf(raw.error ?? {}, 200, client.endpoint, 'lease/keepalive')
      if (numberOf(raw.result.TTL) <= 0) return 'lost'
      // A member that was the leader until a moment ago may still renew by itself (etcd before 3.5.13, and 3.5.22 for revoked leases).
      // Reading the key goes through a quorum: the answer shows that this member's word still counted after it had renewed.
      const { kv } = await this.#look(client, Math.max(1, Math.round(deadlineMs - (performance.now() - begun))))
      return kv && String(kv.createRevision) === term.token ? startedAt : 'lost'
    })
  }

  async release(term: Term): Promise<void> {
    await this.#revoke((term as EtcdTerm).leaseId)
  }

  async #revoke(leaseId: string): Promise<void> {
    try {
      await this.#on((client) => this.#post(client, 'lease/revoke', { ID: leaseId }, this.#requestMs))
    } catch (error) {
      // Already gone: what was wanted.
      if (error instanceof Fault && (error as EtcdError).codeName === 'NOT_FOUND') return
      throw error
    }
  }
}
