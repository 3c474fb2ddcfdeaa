import type { History, Operation, PropertyId, WatchEvent } from '../../src/history/types.js'

export interface Mutation {
  name: string
  /** One of these must be violated. */
  caughtBy: PropertyId[]
  revisions: boolean
  /** Damages the history in place; false = this history offers no place for it. */
  damage: (history: History, random: () => number) => boolean
}

const pick = <T>(from: readonly T[], random: () => number): T | undefined => from[Math.floor(random() * from.length)]
const acknowledged = (op: Operation): boolean => op.outcome === 'ok' && (op.kind === 'create' || op.kind === 'update')
const change = (one: WatchEvent): boolean => one.type === 'added' || one.type === 'modified' || one.type === 'deleted'

/** Gives the events of a watcher new numbers, as if it had really received them like this. */
const renumber = (history: History, watcher: string): void => {
  let seq = 0
  for (const event of history.watches) if (event.watcher === watcher) event.seq = ++seq
}

const neverDeleted = (history: History, key: string): boolean => !history.operations.some((op) => op.kind === 'delete' && op.key === key)
const overwritten = (history: History, of: Operation): boolean =>
  history.operations.some(
    (op) => op !== of && op.key === of.key && op.outcome !== 'failed' && (op.kind === 'update' || op.kind === 'create'),
  )

/** Acknowledged creates that nobody can have replaced or removed. */
const lasting = (history: History): Operation[] =>
  history.operations.filter((op) => acknowledged(op) && neverDeleted(history, op.key) && !overwritten(history, op))

/** Pairs of acknowledged writes of one key, the second begun after the first had ended, each value written once. */
const successive = (history: History): [Operation, Operation][] => {
  const writes = history.operations.filter(acknowledged)
  return writes.flatMap((a) => writes.filter((b) => b.key === a.key && b.startMs > a.endMs).map((b): [Operation, Operation] => [a, b]))
}

const sourcesOf = (history: History, random: () => number) => pick(history.finals, random)

const edit = (history: History, event: WatchEvent | undefined, how: (index: number, all: WatchEvent[]) => void): boolean => {
  if (!event) return false
  how(history.watches.indexOf(event), history.watches)
  renumber(history, event.watcher)
  return true
}

export const mutations: Mutation[] = [
  {
    name: 'an acknowledged write is missing at one source',
    caughtBy: ['acknowledged-writes-present'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(lasting(history), random)
      const final = sourcesOf(history, random)
      if (!op || !final) return false
      delete final.items[op.key]
      return true
    },
  },
  {
    name: 'an acknowledged write is missing everywhere, replies without revisions',
    caughtBy: ['acknowledged-writes-present'],
    revisions: false,
    damage: (history, random) => {
      const op = pick(lasting(history), random)
      if (!op) return false
      for (const final of history.finals) delete final.items[op.key]
      return true
    },
  },
  {
    name: 'an acknowledged write is forgotten by everybody but its client',
    caughtBy: ['acknowledged-writes-present'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(lasting(history), random)
      if (!op) return false
      for (const final of history.finals) delete final.items[op.key]
      history.watches = history.watches.filter((one) => one.key !== op.key)
      for (const watcher of ['w1', 'w2', 'w3']) renumber(history, watcher)
      history.operations = history.operations.filter((one) => one === op || one.key !== op.key)
      for (const one of history.operations) if (one.items) delete one.items[op.key]
      return true
    },
  },
  {
    name: 'a member falls back to an older version',
    caughtBy: ['acknowledged-writes-present'],
    revisions: true,
    damage: (history, random) => {
      const pair = pick(successive(history), random)
      const final = sourcesOf(history, random)
      if (!pair || !final?.items[pair[0].key]) return false
      final.items[pair[0].key] = { value: pair[0].value ?? '', revision: pair[0].revision ?? 0 }
      return true
    },
  },
  {
    name: 'a source ends before an acknowledged write',
    caughtBy: ['acknowledged-writes-present'],
    revisions: true,
    damage: (history, random) => {
      const final = sourcesOf(history, random)
      const revision = Math.max(0, ...history.operations.filter(acknowledged).map((op) => op.revision ?? 0))
      if (!final || revision === 0) return false
      final.revision = revision - 1
      return true
    },
  },
  {
    name: 'two acknowledged writes swap revisions',
    caughtBy: ['revisions-monotone', 'one-content-per-revision'],
    revisions: true,
    damage: (history, random) => {
      const writes = history.operations.filter(acknowledged)
      const pair = pick(
        writes.flatMap((a) => writes.filter((b) => b.startMs > a.endMs).map((b): [Operation, Operation] => [a, b])),
        random,
      )
      const [a, b] = pair ?? []
      if (a?.revision === undefined || b?.revision === undefined) return false
      ;[a.revision, b.revision] = [b.revision, a.revision]
      // Without any other record of the two only the clock can tell.
      history.watches = []
      history.finals = []
      for (const op of history.operations) delete op.items
      return true
    },
  },
  {
    name: 'two acknowledged writes swap values',
    caughtBy: ['one-content-per-revision', 'writes-applied-once'],
    revisions: true,
    damage: (history, random) => {
      const pair = pick(successive(history), random)
      const seen = history.watches.some((one) => one.revision === pair?.[0].revision && change(one))
      if (!pair || !seen) return false
      ;[pair[0].value, pair[1].value] = [pair[1].value ?? '', pair[0].value ?? '']
      return true
    },
  },
  {
    name: 'a stale read',
    caughtBy: ['reads-fresh'],
    revisions: true,
    damage: (history, random) => {
      const pair = pick(successive(history), random)
      if (!pair) return false
      const [old, newer] = pair
      const read = history.operations.find(
        (op) => op.kind === 'read' && op.outcome === 'ok' && !op.mayLag && op.key === old.key && op.startMs > newer.endMs,
      )
      if (!read || old.revision === undefined) return false
      read.observedValue = old.value ?? ''
      read.revision = old.revision
      return true
    },
  },
  {
    name: 'a stale read without revisions',
    caughtBy: ['register-linearizable'],
    revisions: false,
    damage: (history, random) => {
      const pair = pick(successive(history), random)
      if (!pair) return false
      const [old, newer] = pair
      const read = history.operations.find(
        (op) => op.kind === 'read' && op.outcome === 'ok' && op.key === old.key && op.startMs > newer.endMs,
      )
      const writes = history.operations.filter((op) => op.key === old.key && op.value === old.value && op.outcome !== 'failed')
      if (!read || writes.length !== 1) return false
      read.observedValue = old.value ?? ''
      return true
    },
  },
  {
    name: 'a read finds nothing where a write was acknowledged',
    caughtBy: ['reads-fresh'],
    revisions: true,
    damage: (history, random) => {
      const read = pick(
        history.operations.filter(
          (op) =>
            op.kind === 'read' &&
            op.outcome === 'ok' &&
            !op.mayLag &&
            neverDeleted(history, op.key) &&
            history.operations.some((write) => acknowledged(write) && write.key === op.key && write.endMs < op.startMs),
        ),
        random,
      )
      if (!read) return false
      read.observedValue = null
      delete read.revision
      return true
    },
  },
  {
    name: 'a list leaves an acknowledged write out',
    caughtBy: ['reads-fresh'],
    revisions: true,
    damage: (history, random) => {
      for (const list of history.operations.filter((op) => op.items)) {
        const op = pick(
          lasting(history).filter((one) => one.endMs < list.startMs),
          random,
        )
        if (!op || !list.items) continue
        delete list.items[op.key]
        return true
      }
      return false
    },
  },
  {
    name: 'a read sees a write that had not begun',
    caughtBy: ['reads-fresh'],
    revisions: true,
    damage: (history, random) => {
      const read = pick(
        history.operations.filter((op) => op.kind === 'read' && op.outcome === 'ok'),
        random,
      )
      const later = history.operations.find(
        (op) =>
          acknowledged(op) &&
          op.key === read?.key &&
          op.startMs > read.endMs &&
          history.operations.filter((one) => one.key === op.key && one.value === op.value).length === 1,
      )
      if (!read || later?.revision === undefined) return false
      read.observedValue = later.value ?? ''
      read.revision = later.revision
      return true
    },
  },
  {
    name: 'a watch event comes twice',
    caughtBy: ['watch-ordered'],
    revisions: true,
    damage: (history, random) =>
      edit(history, pick(history.watches.filter(change), random), (index, all) => {
        const event = all[index]
        if (event) all.splice(index, 0, { ...event })
      }),
  },
  {
    name: 'a watch event never comes',
    caughtBy: ['watch-complete'],
    revisions: true,
    damage: (history, random) => {
      const known = new Set(history.operations.filter(acknowledged).map((op) => op.revision))
      return edit(
        history,
        pick(
          history.watches.filter((one) => change(one) && known.has(one.revision)),
          random,
        ),
        (index, all) => all.splice(index, 1),
      )
    },
  },
  {
    name: 'events are lost across a reconnection',
    caughtBy: ['watch-complete'],
    revisions: true,
    damage: (history, random) => {
      const known = new Set(history.operations.filter(acknowledged).map((op) => op.revision))
      const after = history.watches.filter((one, i) => {
        const before = history.watches[i - 1]
        return change(one) && known.has(one.revision) && before?.type === 'resumed' && before.watcher === one.watcher
      })
      return edit(history, pick(after, random), (index, all) => all.splice(index, 1))
    },
  },
  {
    name: 'the last event of a watch never comes',
    caughtBy: ['watch-complete'],
    revisions: true,
    damage: (history) => {
      const known = new Set(history.operations.filter(acknowledged).map((op) => op.revision))
      const last = history.watches.find(
        (one, i) => change(one) && known.has(one.revision) && history.watches[i + 1]?.type === 'ended' && one.watcher === 'w1',
      )
      return edit(history, last, (index, all) => all.splice(index, 1))
    },
  },
  {
    name: 'two watch events change places',
    caughtBy: ['watch-ordered'],
    revisions: true,
    damage: (history, random) => {
      const firsts = history.watches.filter((one, i) => {
        const next = history.watches[i + 1]
        return change(one) && next !== undefined && change(next) && next.watcher === one.watcher
      })
      return edit(history, pick(firsts, random), (index, all) => {
        const [a, b] = [all[index], all[index + 1]]
        if (a && b) all.splice(index, 2, b, a)
      })
    },
  },
  {
    name: 'a watch event carries another value',
    caughtBy: ['one-content-per-revision', 'refused-writes-absent'],
    revisions: true,
    damage: (history, random) => {
      const known = new Set(history.operations.filter(acknowledged).map((op) => op.revision))
      const event = pick(
        history.watches.filter((one) => one.value !== undefined && known.has(one.revision)),
        random,
      )
      const other = pick(
        history.operations.filter((op) => acknowledged(op) && op.value !== event?.value),
        random,
      )
      if (!event || other?.value === undefined) return false
      event.value = other.value
      return true
    },
  },
  {
    name: 'two updates of one version both go through',
    caughtBy: ['compare-and-swap-chain'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(
        history.operations.filter((one) => one.kind === 'update' && one.outcome === 'ok' && one.expectedRevision !== undefined),
        random,
      )
      if (!op) return false
      const endMs = Math.max(...history.operations.map((one) => one.endMs))
      const revision = Math.max(...history.finals.map((one) => one.revision)) + 1
      history.operations.push({ ...op, id: 'fork', client: 'late', value: 'v-fork', startMs: endMs + 1, endMs: endMs + 2, revision })
      return true
    },
  },
  {
    name: 'two swaps of one value both go through, replies without revisions',
    caughtBy: ['register-linearizable'],
    revisions: false,
    damage: (history, random) => {
      const op = pick(
        history.operations.filter((one) => one.kind === 'update' && one.outcome === 'ok' && one.expectedValue !== undefined),
        random,
      )
      if (!op) return false
      const wrote = history.operations.filter((one) => one.key === op.key && one.value === op.expectedValue && one.outcome !== 'failed')
      if (wrote.length !== 1) return false
      history.operations.push({ ...op, id: 'fork', client: 'late', value: 'v-fork', startMs: op.endMs + 1, endMs: op.endMs + 2 })
      return true
    },
  },
  {
    name: 'a create goes through over a living key',
    caughtBy: ['compare-and-swap-chain'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(lasting(history), random)
      if (!op) return false
      const endMs = Math.max(...history.operations.map((one) => one.endMs))
      const revision = Math.max(...history.finals.map((one) => one.revision)) + 1
      history.operations.push({ ...op, id: 'twin', kind: 'create', value: 'v-twin', startMs: endMs + 1, endMs: endMs + 2, revision })
      return true
    },
  },
  {
    name: 'a refused write turns up at the end',
    caughtBy: ['refused-writes-absent'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(
        history.operations.filter(
          (one) =>
            one.outcome === 'failed' &&
            one.value !== undefined &&
            !history.operations.some((other) => other.value === one.value && other.outcome !== 'failed'),
        ),
        random,
      )
      const final = sourcesOf(history, random)
      if (!op || op.value === undefined || !final) return false
      final.items[op.key] = { value: op.value, revision: final.revision }
      return true
    },
  },
  {
    name: 'a value that nobody wrote is read',
    caughtBy: ['refused-writes-absent'],
    revisions: false,
    damage: (history, random) => {
      const read = pick(
        history.operations.filter((op) => op.kind === 'read' && op.outcome === 'ok'),
        random,
      )
      if (!read) return false
      read.observedValue = 'v-from-nowhere'
      return true
    },
  },
  {
    name: 'a write without answer takes effect twice',
    caughtBy: ['writes-applied-once'],
    revisions: true,
    damage: (history, random) => {
      const op = pick(
        history.operations.filter(
          (one) =>
            one.outcome === 'unknown' &&
            one.value !== undefined &&
            history.watches.some((event) => event.value === one.value) &&
            history.operations.filter((other) => other.value === one.value && other.outcome !== 'failed').length === 1,
        ),
        random,
      )
      const ended = history.watches.find((one) => one.type === 'ended')
      if (!op || op.value === undefined || !ended) return false
      const twin: WatchEvent = {
        ...ended,
        type: 'modified',
        key: op.key,
        value: op.value,
        revision: ended.revision + 1,
        seq: ended.seq + 1,
      }
      history.watches.push(twin)
      return true
    },
  },
  {
    name: 'a deleted key comes back',
    caughtBy: ['acknowledged-writes-present'],
    revisions: true,
    damage: (history, random) => {
      const gone = pick(
        history.operations.filter((op) => op.kind === 'delete' && op.outcome === 'ok' && op.revision !== undefined),
        random,
      )
      const write = history.operations.find(
        (op) => acknowledged(op) && op.key === gone?.key && (op.revision ?? 0) < (gone?.revision ?? 0) && op.revision !== undefined,
      )
      const final = sourcesOf(history, random)
      if (!gone || !write || !final) return false
      final.items[gone.key] = { value: write.value ?? '', revision: write.revision ?? 0 }
      return true
    },
  },
  {
    name: 'the hash of one member differs',
    caughtBy: ['hashes-equal'],
    revisions: true,
    damage: (history, random) => {
      const hash = pick(history.hashes, random)
      if (!hash) return false
      hash.hash = 'different'
      return true
    },
  },
]
