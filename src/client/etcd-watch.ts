import { etcdErrorOf } from './etcd-error.js'
import { type KeyValue, keyValueOf, type RawKeyValue } from './etcd-kv.js'
import { base64Of, numberOf, prefixEnd } from './etcd-value.js'
import type { HttpClient } from './http.js'
import { linesOf } from './lines.js'

export interface EtcdEvent {
  type: 'put' | 'delete'
  kv: KeyValue
  previous?: KeyValue
}

/** Everything that came in one message. All events of one revision are in one message, unless it was split. */
export interface EtcdWatchMessage {
  /** Revision of the store when it was sent; also set on a progress message, which has no events. */
  revision: number
  events: EtcdEvent[]
  created: boolean
  /** Set when etcd ended the watch because history before this revision is gone. */
  compactRevision?: number
  cancelReason?: string
}

export interface EtcdWatchOptions {
  prefix?: boolean
  rangeEnd?: string
  /** First revision wanted; absent = from now on. */
  startRevision?: number
  /** Values before the change, too. */
  previous?: boolean
  progress?: boolean
  deadlineMs?: number
  /** Throw TransportFault (phase body) after this much silence. */
  idleMs?: number
  signal?: AbortSignal
}

interface RawMessage {
  result?: {
    header?: { revision?: string }
    created?: boolean
    canceled?: boolean
    compact_revision?: string
    cancel_reason?: string
    events?: { type?: 'DELETE'; kv?: RawKeyValue; prev_kv?: RawKeyValue }[]
  }
}

/** Changes as this member applies them. Its first message says `created`; one with `compactRevision` or `cancelReason` is the last. */
export async function* watchKeys(http: HttpClient, key: string, options: EtcdWatchOptions): AsyncGenerator<EtcdWatchMessage> {
  const stream = await http.stream({
    method: 'POST',
    path: '/v3/watch',
    ...(options.deadlineMs ? { deadlineMs: options.deadlineMs } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    body: {
      create_request: {
        key: base64Of(key),
        ...(options.prefix
          ? { range_end: prefixEnd(key).toString('base64') }
          : options.rangeEnd
            ? { range_end: base64Of(options.rangeEnd) }
            : {}),
        ...(options.startRevision ? { start_revision: options.startRevision } : {}),
        ...(options.previous ? { prev_kv: true } : {}),
        ...(options.progress ? { progress_notify: true } : {}),
      },
    },
  })
  for await (const line of linesOf(stream.chunks(options.idleMs ? { idleMs: options.idleMs } : {}))) {
    const { result } = JSON.parse(line) as RawMessage
    if (!result) throw etcdErrorOf(line, stream.status, http.endpoint, 'watch')
    yield {
      revision: numberOf(result.header?.revision),
      created: result.created === true,
      events: (result.events ?? []).map((event) => ({
        type: event.type === 'DELETE' ? 'delete' : 'put',
        kv: keyValueOf(event.kv ?? {}),
        ...(event.prev_kv ? { previous: keyValueOf(event.prev_kv) } : {}),
      })),
      ...(result.compact_revision ? { compactRevision: numberOf(result.compact_revision) } : {}),
      ...(result.cancel_reason ? { cancelReason: result.cancel_reason } : {}),
    }
    if (result.canceled) return
  }
}
