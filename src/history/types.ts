/**
 * What a run recorded: plain JSON, times in milliseconds of one monotonic clock (fractions allowed), revisions as etcd counts
 * them (a Kubernetes resourceVersion is the same number). Nothing here knows what a fault is; a history can be judged years later.
 */

/**
 * `create` holds only if the key is absent; `update` is a compare-and-swap when `expectedRevision` or `expectedValue` is given and
 * a blind write otherwise; `list` reads every key that starts with `key`.
 */
export type OperationKind = 'create' | 'read' | 'update' | 'delete' | 'list'

/**
 * `ok`: the reply said so. `failed`: certainly without effect (refused connection, 409, 403, 422, 429). `unknown`: the request may
 * have taken effect at any later moment (timeout, reset, 5xx). Calling an unknown outcome `failed` makes every verdict worthless.
 */
export type Outcome = 'ok' | 'failed' | 'unknown'

/** One version of one key. */
export interface Item {
  value: string
  /** Revision at which the key was last changed. */
  revision: number
}

export interface Operation {
  /** Unique within the history. */
  id: string
  /** One client does one operation after another; whoever works concurrently is another client. */
  client: string
  kind: OperationKind
  key: string
  /** What a create or update writes. Unique per key, so that every observation names its write. */
  value?: string
  startMs: number
  /** When the reply came, or when the client gave up. */
  endMs: number
  outcome: Outcome
  /** Revision of the key as the reply names it: of the version written, or of the version read. */
  revision?: number
  /** Revision of the whole store as the reply names it: a list's metadata.resourceVersion, etcd's header.revision. */
  storeRevision?: number
  /** What a read returned; null = the key was absent. */
  observedValue?: string | null
  /** What a list returned. */
  items?: Record<string, Item>
  expectedRevision?: number
  expectedValue?: string
  /** A read that may lag by design (etcd serializable, resourceVersion=0): judged against content, not against the clock. */
  mayLag?: boolean
  /** Where it was sent: `virtual-ip`, `cp-2`. */
  endpoint: string
  /** Why it was not ok: `timeout after connect`, `HTTP 409`. */
  error?: string
}

/**
 * added, modified, deleted: as delivered. The rest is written by the watcher itself: `started` (revision it lists from, `key` = its
 * prefix), `bookmark` (everything up to here was delivered), `resumed` (reconnected, asking for what follows `revision`),
 * `relisted` (the server had forgotten, 410 Gone: starts again from `revision`), `ended` (waited until the store was seen at `revision`,
 * so everything up to it is due).
 */
export type WatchEventType = 'added' | 'modified' | 'deleted' | 'bookmark' | 'started' | 'resumed' | 'relisted' | 'ended'

export interface WatchEvent {
  watcher: string
  /** Counts from 1 in the order of arrival at this watcher. */
  seq: number
  type: WatchEventType
  key: string
  value?: string
  revision: number
  atMs: number
}

/** Everything that one source holds after the fault was healed and the work had stopped. */
export interface FinalState {
  /** `apiserver cp-1`, `etcd cp-2`. */
  source: string
  revision: number
  /** Keys are named alike at every source. A source whose values cannot be read (etcd's encoding of Kubernetes objects) leaves them out. */
  items: Record<string, { value?: string; revision: number }>
}

/** etcd's HashKV of one member at one revision. */
export interface MemberHash {
  member: string
  revision: number
  hash: string
}

export interface History {
  operations: Operation[]
  watches: WatchEvent[]
  finals: FinalState[]
  hashes: MemberHash[]
}

export const propertyIds = [
  'acknowledged-writes-present',
  'refused-writes-absent',
  'writes-applied-once',
  'compare-and-swap-chain',
  'revisions-monotone',
  'one-content-per-revision',
  'reads-fresh',
  'watch-ordered',
  'watch-complete',
  'register-linearizable',
  'hashes-equal',
] as const
export type PropertyId = (typeof propertyIds)[number]

/** The least that shows a violation: these operations and events cannot all be true of a correct store. */
export interface Witness {
  /** The contradiction in one or two sentences, operations named by id. */
  says: string
  operations: Operation[]
  events: WatchEvent[]
}

/** Without violation is `valid` only where something was checked; nothing recorded, or no time left, is `unknown`. */
export interface PropertyVerdict {
  property: PropertyId
  title: string
  verdict: 'valid' | 'violated' | 'unknown'
  /** How many facts were checked. */
  checked: number
  violations: number
  /** What was checked, or why there is no answer. */
  because: string
  /** The shortest one found. */
  witness?: Witness
}

export interface HistoryCounts {
  operations: number
  ok: number
  failed: number
  unknown: number
  /** Acknowledged creates, updates and deletes. */
  acknowledgedWrites: number
  keys: number
  watchEvents: number
  /** Reconnections that went on where they had stopped. */
  resumed: number
  /** 410 Gone: the watcher had to start anew. Allowed by the API, so counted and not judged. */
  relisted: number
}

/** `violated` if any property is; else `unknown` if any is; else `valid`. */
export interface Verdict {
  verdict: 'valid' | 'violated' | 'unknown'
  properties: PropertyVerdict[]
  counts: HistoryCounts
  tookMs: number
}
