import type { FinalState, History, Item, Operation, WatchEvent } from '../../src/history/types.js'

export interface Simulation {
  seed: number
  operations: number
  clients: number
  /** Contended keys. */
  registers: number
  /** Whether replies name revisions, as Kubernetes and etcd do. */
  revisions: boolean
  /** Chance that an answer gets lost, and that a request is refused. */
  lost: number
  refused: number
}

/** Small and fast random numbers (mulberry32), the same for the same seed. */
export const randomOf = (seed: number): (() => number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Change {
  key: string
  revision: number
  value: string | null
  created: boolean
  atMs: number
}

interface Due {
  atMs: number
  run: () => void
}

/** A queue by time; equal times in the order of entry. */
class Agenda {
  private heap: (Due & { order: number })[] = []
  private order = 0
  add(atMs: number, run: () => void): void {
    const heap = this.heap
    heap.push({ atMs, run, order: this.order++ })
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.before(i, parent)) break
      this.swap(i, parent)
      i = parent
    }
  }
  take(): Due | undefined {
    const heap = this.heap
    const top = heap[0]
    const last = heap.pop()
    if (!top || !last || top === last) return top
    heap[0] = last
    for (let i = 0; ; ) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && this.before(child, least)) least = child
      if (least === i) return top
      this.swap(i, least)
      i = least
    }
  }
  private before(a: number, b: number): boolean {
    const x = this.heap[a]
    const y = this.heap[b]
    return x !== undefined && y !== undefined && (x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order))
  }
  private swap(a: number, b: number): void {
    const x = this.heap[a]
    const y = this.heap[b]
    if (x && y) {
      this.heap[a] = y
      this.heap[b] = x
    }
  }
}

/** Runs concurrent clients against one linearizable store, with lost answers, late effects, retries, lagging reads and broken watches. */
export const simulate = (config: Simulation): History => {
  const random = randomOf(config.seed)
  const below = (n: number): number => Math.floor(random() * n)
  const agenda = new Agenda()
  const store = new Map<string, Item>()
  const changes: Change[] = []
  const operations: Operation[] = []
  let revision = 100
  let started = 0
  let unique = 0
  const known: string[] = []

  const commit = (key: string, value: string | null, atMs: number): number => {
    revision++
    changes.push({ key, revision, value, created: !store.has(key), atMs })
    if (value === null) store.delete(key)
    else store.set(key, { value, revision })
    return revision
  }

  const client = (name: string, seen: Map<string, Item>): ((atMs: number) => void) => {
    const next = (startMs: number): void => {
      if (started >= config.operations) return
      const id = `o${++started}`
      const register = `k/r-${below(config.registers)}`
      const dice = random()
      const op: Operation = {
        id,
        client: name,
        kind: 'read',
        key: register,
        startMs,
        endMs: 0,
        outcome: 'ok',
        endpoint: `cp-${1 + below(3)}`,
      }
      const base = seen.get(register)
      if (dice < 0.25) Object.assign(op, { kind: 'create', key: `k/u-${++unique}`, value: `v-${id}` })
      else if (dice < 0.55 && base) {
        Object.assign(op, { kind: 'update', value: `v-${id}` })
        if (config.revisions) op.expectedRevision = base.revision
        else if (random() < 0.5) op.expectedValue = base.value
      } else if (dice < 0.55) Object.assign(op, { kind: 'create', value: `v-${id}` })
      else if (dice < 0.6 && known.length > 0) Object.assign(op, { kind: 'delete', key: known[below(known.length)] })
      else if (dice < 0.63 && config.revisions) Object.assign(op, { kind: 'list', key: config.operations > 2000 ? 'k/r-' : 'k/' })
      else if (dice < 0.75 && known.length > 0) op.key = known[below(known.length)] ?? register
      attempt(op, 0)
    }
    const finish = (op: Operation, retries: number): void => {
      operations.push(op)
      if (op.outcome === 'unknown' && op.kind === 'create' && retries < 2 && random() < 0.6) {
        const again: Operation = { ...op, id: `${op.id}'`, startMs: op.endMs + 1 + random() * 5, outcome: 'ok' }
        delete again.error
        agenda.add(again.startMs, () => attempt(again, retries + 1))
      } else {
        const atMs = op.endMs + 0.01 + random() * 20
        agenda.add(atMs, () => next(atMs))
      }
    }
    const attempt = (op: Operation, retries: number): void => {
      const { startMs } = op
      if (op.kind === 'create' && op.key.startsWith('k/u-')) known.push(op.key)
      if (random() < config.refused) {
        Object.assign(op, { outcome: 'failed', endMs: startMs + random() * 3, error: 'connection refused' })
        agenda.add(op.endMs, () => finish(op, retries))
        return
      }
      const lost = random() < config.lost
      const effectMs = startMs + random() * (lost ? 200 : 15)
      const endMs = lost ? startMs + 60 : effectMs + random() * 10
      if (!lost || random() < 0.6)
        agenda.add(effectMs, () => {
          const reply = effect({ ...op }, effectMs)
          if (lost) return
          const done = { ...reply, endMs }
          agenda.add(endMs, () => {
            if (done.outcome === 'ok' && done.revision !== undefined && done.kind !== 'delete')
              seen.set(done.key, { value: done.value ?? done.observedValue ?? '', revision: done.revision })
            else if (!config.revisions && done.outcome === 'ok' && typeof (done.value ?? done.observedValue) === 'string')
              seen.set(done.key, { value: done.value ?? done.observedValue ?? '', revision: 0 })
            else if (done.kind === 'read' && done.observedValue === null) seen.delete(done.key)
            finish(done, retries)
          })
        })
      if (lost) {
        const given: Operation = { ...op, outcome: 'unknown', endMs, error: 'timeout' }
        agenda.add(endMs, () => finish(given, retries))
      }
    }
    const effect = (op: Operation, atMs: number): Operation => {
      const item = store.get(op.key)
      const refuse = (): Operation => ({ ...op, outcome: 'failed', error: 'conflict' })
      if (op.kind === 'create') {
        if (item) return refuse()
        const at = commit(op.key, op.value ?? '', atMs)
        if (config.revisions) op.revision = at
      } else if (op.kind === 'update') {
        if (op.expectedRevision !== undefined && item?.revision !== op.expectedRevision) return refuse()
        if (op.expectedValue !== undefined && item?.value !== op.expectedValue) return refuse()
        const at = commit(op.key, op.value ?? '', atMs)
        if (config.revisions) op.revision = at
      } else if (op.kind === 'delete') {
        if (!item) return refuse()
        const at = commit(op.key, null, atMs)
        if (config.revisions && random() < 0.5) op.revision = at
      } else if (op.kind === 'list') {
        op.storeRevision = revision
        op.items = Object.fromEntries([...store].filter(([key]) => key.startsWith(op.key)))
      } else {
        const old = config.revisions && random() < 0.1 ? changes.filter((one) => one.key === op.key)[0] : undefined
        if (old?.value) {
          op.mayLag = true
          op.observedValue = old.value
          op.revision = old.revision
        } else {
          op.observedValue = item?.value ?? null
          if (config.revisions && item) op.revision = item.revision
          if (config.revisions && random() < 0.2) op.storeRevision = revision
        }
      }
      return op
    }
    return next
  }

  for (let i = 0; i < config.clients; i++) {
    const start = random() * 10
    const next = client(`c${i}`, new Map())
    agenda.add(start, () => next(start))
  }
  let nowMs = 0
  for (let due = agenda.take(); due; due = agenda.take()) {
    nowMs = Math.max(nowMs, due.atMs)
    due.run()
  }

  const watches: WatchEvent[] = config.revisions
    ? ['w1', 'w2', 'w3'].flatMap((watcher) => watch(watcher, changes, nowMs, revision, random))
    : []
  const items = Object.fromEntries(store)
  const sources = ['apiserver cp-1', 'apiserver cp-2', 'etcd cp-1', 'etcd cp-2', 'etcd cp-3']
  const finals: FinalState[] = sources.map((source) => ({ source, revision, items: { ...items } }))
  const hashes = ['cp-1', 'cp-2', 'cp-3'].map((member) => ({ member, revision, hash: `h${config.seed}` }))
  return { operations, watches, finals, hashes }
}

const watch = (watcher: string, changes: readonly Change[], endMs: number, revision: number, random: () => number): WatchEvent[] => {
  const events: WatchEvent[] = []
  let seq = 0
  let atMs = 0
  let last = 100
  const push = (event: Omit<WatchEvent, 'watcher' | 'seq'>): void => {
    events.push({ watcher, seq: ++seq, ...event })
  }
  push({ type: 'started', key: 'k/', revision: last, atMs })
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i]
    if (!change) break
    atMs = Math.max(atMs, change.atMs + random() * 8)
    const dice = random()
    if (dice < 0.01) {
      const skip = Math.floor(random() * 5)
      i = Math.min(changes.length - 1, i + skip)
      last = changes[i]?.revision ?? last
      atMs = Math.max(atMs, (changes[i]?.atMs ?? 0) + 1)
      push({ type: 'relisted', key: 'k/', revision: last, atMs })
      continue
    }
    if (dice < 0.03) push({ type: 'resumed', key: 'k/', revision: last, atMs })
    else if (dice < 0.06) push({ type: 'bookmark', key: 'k/', revision: last, atMs })
    last = change.revision
    const type = change.value === null ? 'deleted' : change.created ? 'added' : 'modified'
    push({ type, key: change.key, revision: last, atMs, ...(change.value === null ? {} : { value: change.value }) })
  }
  push({ type: 'ended', key: 'k/', revision, atMs: Math.max(atMs, endMs) })
  return events
}
