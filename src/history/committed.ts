import type { History, Operation, WatchEvent } from './types.js'

/** One version of a key, with the first record that showed it. */
export interface Version {
  key: string
  revision: number
  /** null = deleted here; undefined = the record does not say. */
  value: string | null | undefined
  /** Who says so: an operation id, a watcher, a final source. */
  source: string
  operation?: Operation
  event?: WatchEvent
}

/** Two records that contradict each other about one revision. */
export interface Contradiction {
  first: Version
  second: Version
}

/** All that is known to be committed, from acknowledgements, reads, watches and final states together. */
export interface Committed {
  /** Versions of each key, ascending by revision. */
  keys: Map<string, Version[]>
  /** All versions, ascending by revision. */
  all: Version[]
  contradictions: Contradiction[]
  observations: number
}

export const isWrite = (op: Operation): boolean => op.kind === 'create' || op.kind === 'update' || op.kind === 'delete'

/**
 * The committed history, joined from every record that names a revision. etcd gives every change a revision of its own, so a second
 * story about a revision (another value, or another key) is a contradiction; the first story is kept.
 */
export const committedOf = (history: History): Committed => {
  const byRevision = new Map<number, Version>()
  const contradictions: Contradiction[] = []
  let observations = 0
  const note = (version: Version): void => {
    observations++
    const known = byRevision.get(version.revision)
    if (!known) {
      byRevision.set(version.revision, version)
      return
    }
    if (known.key !== version.key || (known.value !== undefined && version.value !== undefined && known.value !== version.value)) {
      contradictions.push({ first: known, second: version })
      return
    }
    // The acknowledged write is the best witness of a version, and a known value better than an unknown one.
    if (known.value === undefined) known.value = version.value
    if (version.operation && isWrite(version.operation) && !(known.operation && isWrite(known.operation)))
      known.operation = version.operation
    if (version.event && !known.event) known.event = version.event
  }
  for (const op of history.operations) {
    if (op.outcome !== 'ok') continue
    const source = op.id
    if (op.kind === 'list') {
      for (const key in op.items) {
        const item = op.items[key]
        if (!item) continue
        const known = byRevision.get(item.revision)
        // Lists repeat themselves: most items were seen before.
        if (known?.key === key && known.value === item.value) observations++
        else note({ key, ...item, source, operation: op })
      }
    } else if (op.revision !== undefined) {
      const value = op.kind === 'delete' ? null : op.kind === 'read' ? op.observedValue : op.value
      // A read that found nothing names at most the revision of the store.
      if (!(op.kind === 'read' && value === null)) note({ key: op.key, revision: op.revision, value, source, operation: op })
    }
  }
  for (const event of history.watches) {
    const { key, revision } = event
    const source = `watcher ${event.watcher}`
    if (event.type === 'deleted') note({ key, revision, value: null, source, event })
    else if (event.type === 'added' || event.type === 'modified') note({ key, revision, value: event.value, source, event })
  }
  for (const final of history.finals)
    for (const [key, item] of Object.entries(final.items)) note({ key, revision: item.revision, value: item.value, source: final.source })

  const all = [...byRevision.values()].sort((a, b) => a.revision - b.revision)
  const keys = new Map<string, Version[]>()
  for (const version of all) {
    const versions = keys.get(version.key)
    if (versions) versions.push(version)
    else keys.set(version.key, [version])
  }
  return { keys, all, contradictions, observations }
}

/** Index of the first version with a revision above `revision`. */
export const firstAbove = (versions: readonly Version[], revision: number): number => {
  let low = 0
  let high = versions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((versions[middle]?.revision ?? 0) > revision) high = middle
    else low = middle + 1
  }
  return low
}
