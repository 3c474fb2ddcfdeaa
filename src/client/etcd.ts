import type { EtcdMemberFacts } from '../model/observed.js'
import { etcdErrorOf } from './etcd-error.js'
import {
  type Compare,
  compareBody,
  type KeyValue,
  keyValueOf,
  type Operation,
  operationBody,
  type RangeOptions,
  type RawKeyValue,
  rangeBody,
} from './etcd-kv.js'
import { type SnapshotResult, saveSnapshot } from './etcd-snapshot.js'
import { type EtcdAlarm, type EtcdStatus, type Header, memberOf, type RawMember, type RawStatus, statusOf } from './etcd-status.js'
import { base64Of, decimalOf, hexOf, numberOf } from './etcd-value.js'
import { type EtcdWatchMessage, type EtcdWatchOptions, watchKeys } from './etcd-watch.js'
import { type CallOptions, HttpClient } from './http.js'
import type { Dial, TlsIdentity } from './transport.js'

export interface EtcdTarget {
  host: string
  port: number
  /** Absent = plain http, for a member on loopback without TLS. */
  tls?: TlsIdentity
  serverName?: string
  dial: Dial
  /** Deadline of each call unless it brings its own. Default 2,000: a frozen member keeps its connections open. */
  deadlineMs?: number
}

/** Quorum calls: etcd itself gives up after 5 s + 2 election timeouts. */
const quorumMs = 8000

/**
 * One etcd member over its JSON gateway. Ids are hex strings as etcdctl prints them. Throws EtcdError (Q7520 definite, Q7521 outcome
 * unknown) or TransportFault, which says the same by `outcome`. Nothing here repeats a write.
 */
export class EtcdClient {
  readonly #http: HttpClient
  readonly endpoint: string

  constructor(target: EtcdTarget) {
    this.#http = new HttpClient(target, target.deadlineMs ?? 2000)
    this.endpoint = this.#http.endpoint
  }

  close(): void {
    this.#http.close()
  }

  async #call<T>(path: string, body: object, options: CallOptions & { repeatable?: boolean } = {}): Promise<T> {
    const answer = await this.#http.request({ method: 'POST', path: `/v3/${path}`, body, ...options })
    const text = answer.body.toString('utf8')
    if (answer.status !== 200) throw etcdErrorOf(text, answer.status, this.endpoint, path)
    return JSON.parse(text) as T
  }

  #read<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.#call<T>(path, body, { ...options, repeatable: true })
  }

  #change<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.#call<T>(path, body, { deadlineMs: quorumMs, ...options })
  }

  /** Answered by this member alone, also without quorum. */
  async status(options?: CallOptions): Promise<EtcdStatus> {
    return statusOf(await this.#read<RawStatus>('maintenance/status', {}, options))
  }

  /** `linearizable: false` = as this member knows it, also without quorum. A member without a name has never started. */
  async memberList(options: CallOptions & { linearizable?: boolean } = {}): Promise<EtcdMemberFacts[]> {
    const { linearizable = true, ...call } = options
    const raw = await this.#read<{ members?: RawMember[] }>('cluster/member/list', { linearizable }, call)
    return (raw.members ?? []).map(memberOf)
  }

  /** All alarms, through the raft log: needs quorum. `status` tells them too, for free. */
  async alarms(options?: CallOptions): Promise<EtcdAlarm[]> {
    const raw = await this.#read<{ alarms?: { memberID?: string; alarm?: string }[] }>('maintenance/alarm', { action: 'GET' }, options)
    return (raw.alarms ?? []).map((one) => ({ memberId: hexOf(one.memberID), alarm: one.alarm ?? 'NONE' }))
  }

  /** etcd ignores a disarm that names no member, so the id is required. */
  async alarmDisarm(alarm: EtcdAlarm, options?: CallOptions): Promise<void> {
    await this.#change('maintenance/alarm', { action: 'DEACTIVATE', memberID: decimalOf(alarm.memberId), alarm: alarm.alarm }, options)
  }

  /** Hash of everything up to `revision` (0 = now), hex. Two hashes may be compared only when their compactRevision is equal. */
  async hashKv(revision = 0, options?: CallOptions): Promise<{ hash: string; hashRevision: number; compactRevision: number }> {
    const raw = await this.#read<{ hash?: number; compact_revision?: string; hash_revision?: string }>(
      'maintenance/hashkv',
      { revision },
      options,
    )
    return {
      hash: (raw.hash ?? 0).toString(16),
      hashRevision: numberOf(raw.hash_revision) || revision,
      compactRevision: numberOf(raw.compact_revision),
    }
  }

  /** Adds a learner, never a voter: etcd accepts voters that never start, and each of them raises the quorum. */
  async memberAdd(peerUrls: readonly string[], options?: CallOptions): Promise<{ member: EtcdMemberFacts; members: EtcdMemberFacts[] }> {
    const raw = await this.#change<{ member?: RawMember; members?: RawMember[] }>(
      'cluster/member/add',
      { peerURLs: peerUrls, isLearner: true },
      options,
    )
    return { member: memberOf(raw.member ?? {}), members: (raw.members ?? []).map(memberOf) }
  }

  async memberRemove(id: string, options?: CallOptions): Promise<void> {
    await this.#change('cluster/member/remove', { ID: decimalOf(id) }, options)
  }

  async memberPromote(id: string, options?: CallOptions): Promise<void> {
    await this.#change('cluster/member/promote', { ID: decimalOf(id) }, options)
  }

  async memberUpdate(id: string, peerUrls: readonly string[], options?: CallOptions): Promise<void> {
    await this.#change('cluster/member/update', { ID: decimalOf(id), peerURLs: peerUrls }, options)
  }

  /** To be asked of the leader itself; others answer FAILED_PRECONDITION "not leader". */
  async moveLeader(toId: string, options?: CallOptions): Promise<void> {
    await this.#change('maintenance/transfer-leadership', { targetID: decimalOf(toId) }, options)
  }

  /** Blocks this member while it runs. Default deadline 60,000. */
  async defragment(options?: CallOptions): Promise<void> {
    await this.#change('maintenance/defragment', {}, { deadlineMs: 60_000, ...options })
  }

  /** Forgets history before `revision`; `physical` waits until the space is given back inside the database. */
  async compact(revision: number, options: CallOptions & { physical?: boolean } = {}): Promise<void> {
    const { physical = false, ...call } = options
    await this.#change('kv/compaction', { revision, physical }, { deadlineMs: 30_000, ...call })
  }

  async range(
    key: string,
    options: RangeOptions & CallOptions = {},
  ): Promise<{ revision: number; kvs: KeyValue[]; count: number; more: boolean }> {
    const raw = await this.#read<{ header?: Header; kvs?: RawKeyValue[]; count?: string; more?: boolean }>(
      'kv/range',
      rangeBody(key, options),
      callOf(options),
    )
    return {
      revision: numberOf(raw.header?.revision),
      kvs: (raw.kvs ?? []).map(keyValueOf),
      count: numberOf(raw.count),
      more: raw.more === true,
    }
  }

  async put(key: string, value: string | Uint8Array, options?: CallOptions): Promise<{ revision: number }> {
    const raw = await this.#change<{ header?: Header }>('kv/put', { key: base64Of(key), value: base64Of(value) }, options)
    return { revision: numberOf(raw.header?.revision) }
  }

  /** All guards hold: `success` is done, else `failure`. `ranges` holds the answers of range operations, in order. */
  async txn(
    txn: { compare: readonly Compare[]; success: readonly Operation[]; failure?: readonly Operation[] },
    options?: CallOptions,
  ): Promise<{ succeeded: boolean; revision: number; ranges: KeyValue[][] }> {
    const raw = await this.#change<{ header?: Header; succeeded?: boolean; responses?: { response_range?: { kvs?: RawKeyValue[] } }[] }>(
      'kv/txn',
      {
        compare: txn.compare.map(compareBody),
        success: txn.success.map(operationBody),
        failure: (txn.failure ?? []).map(operationBody),
      },
      options,
    )
    return {
      succeeded: raw.succeeded === true,
      revision: numberOf(raw.header?.revision),
      ranges: (raw.responses ?? []).flatMap((one) => (one.response_range ? [(one.response_range.kvs ?? []).map(keyValueOf)] : [])),
    }
  }

  snapshot(path: string, options?: Parameters<typeof saveSnapshot>[2]): Promise<SnapshotResult> {
    return saveSnapshot(this.#http, path, options)
  }

  watch(key: string, options: EtcdWatchOptions = {}): AsyncGenerator<EtcdWatchMessage> {
    return watchKeys(this.#http, key, options)
  }
}

const callOf = ({ deadlineMs, connectMs, signal }: CallOptions): CallOptions => ({
  ...(deadlineMs === undefined ? {} : { deadlineMs }),
  ...(connectMs === undefined ? {} : { connectMs }),
  ...(signal === undefined ? {} : { signal }),
})

export type { EtcdAlarm, EtcdStatus }
