import type { Committed } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { History, Operation, PropertyVerdict, WatchEvent } from '../types.js'
import { eventInWords, operationInWords, valueInWords } from '../words.js'
import { canFollow, possible, type Writers } from '../writers.js'

/** The newest version of a key that somebody had been told of. `revision` ends in .5 for a delete whose reply named none. */
interface Floor {
  revision: number
  deleted: boolean
  operation?: Operation
  event?: WatchEvent
}

/** A reply or an event that told of one version, or a list that told of many. */
interface Told {
  atMs: number
  operation?: Operation
  event?: WatchEvent
}

const floorInWords = (floor: Floor): string =>
  floor.operation ? operationInWords(floor.operation) : floor.event ? eventInWords(floor.event) : `revision ${floor.revision}`

/**
 * A read that began after somebody was told of version r of its key returns r or newer, and never a value whose write had not begun.
 * One pass in time order over reads and over everything that tells of a version (replies, lists, watch events).
 */
export const checkFresh = (history: History, committed: Committed, writers: Writers): PropertyVerdict => {
  const findings = new Findings('reads-fresh')
  const told: Told[] = []
  /** Floor at the start of a delete whose reply names no revision: it lies somewhere above that. */
  const floorAtStart = new Map<Operation, number>()
  for (const op of history.operations) {
    if (op.outcome !== 'ok' || (op.kind === 'read' && op.observedValue === null)) continue
    if (op.kind === 'list' || op.kind === 'delete' || op.revision !== undefined) told.push({ atMs: op.endMs, operation: op })
  }
  for (const event of history.watches)
    if (event.type === 'added' || event.type === 'modified' || event.type === 'deleted') told.push({ atMs: event.atMs, event })
  told.sort((a, b) => a.atMs - b.atMs)

  const floors = new Map<string, Floor>()
  /** The same floors by the prefix of a list, so that a short list in a long history costs little. */
  const scopes = new Map<string, Map<string, Floor>>()
  for (const op of history.operations) if (op.kind === 'list') scopes.set(op.key, new Map())
  let reads = 0
  const raise = (key: string, revision: number, deleted: boolean, operation?: Operation, event?: WatchEvent): void => {
    const known = floors.get(key)
    if (known && revision <= known.revision) return
    const floor = { revision, deleted, ...(operation ? { operation } : {}), ...(event ? { event } : {}) }
    floors.set(key, floor)
    for (const [prefix, scope] of scopes) if (key.startsWith(prefix)) scope.set(key, floor)
  }
  const hear = ({ operation: op, event }: Told): void => {
    if (event) raise(event.key, event.revision, event.type === 'deleted', undefined, event)
    else if (op?.kind === 'list') for (const key in op.items) raise(key, op.items[key]?.revision ?? 0, false, op)
    else if (op) raise(op.key, op.revision ?? (floorAtStart.get(op) ?? 0) + 0.5, op.kind === 'delete', op)
  }

  const mayBeGone = (key: string, floor: Floor, op: Operation): boolean => {
    if (floor.deleted) return true
    const versions = committed.keys.get(key) ?? []
    for (let i = versions.length - 1; i >= 0 && (versions[i]?.revision ?? 0) > floor.revision; i--)
      if (versions[i]?.value === null) return true
    const wrote = floor.operation && floor.operation.kind !== 'read' && floor.operation.kind !== 'list' ? floor.operation : undefined
    return (writers.get(key)?.deletes ?? []).some(
      (one) => possible(one) && one.startMs <= op.endMs && one.revision === undefined && (!wrote || canFollow(one, wrote)),
    )
  }

  const look = (op: Operation, key: string, value: string | null | undefined, revision: number | undefined): void => {
    const floor = floors.get(key)
    if (typeof value === 'string') {
      const wrote = writers.get(key)?.byValue.get(value)?.filter(possible) ?? []
      const first = wrote[0]
      if (first && wrote.every((one) => one.startMs > op.endMs))
        findings.violated(
          () => `Read before it was written: ${operationInWords(op)}; the write came later: ${operationInWords(first)}.`,
          [op, first],
        )
    }
    if (!floor || op.mayLag) return
    if (value === null) {
      if (!mayBeGone(key, floor, op))
        findings.violated(
          () =>
            `Missing although acknowledged: first ${floorInWords(floor)}; then ${operationInWords(op)}, and nobody can have deleted ${key}.`,
          [floor.operation, op],
          [floor.event],
        )
    } else if (revision !== undefined && revision < floor.revision)
      findings.violated(
        () =>
          `Stale: first ${floorInWords(floor)}; then ${operationInWords(op)}, which showed ${key} = ${valueInWords(value)} of revision ${revision}.`,
        [floor.operation, op],
        [floor.event],
      )
  }

  const begun = history.operations.filter((op) => op.outcome === 'ok' && (op.kind === 'read' || op.kind === 'list' || op.kind === 'delete'))
  begun.sort((a, b) => a.startMs - b.startMs)
  let next = 0
  for (const op of begun) {
    for (let one = told[next]; one && one.atMs < op.startMs; one = told[++next]) hear(one)
    if (op.kind === 'delete') {
      floorAtStart.set(op, floors.get(op.key)?.revision ?? 0)
      continue
    }
    reads++
    if (op.kind === 'read') {
      findings.checked++
      look(op, op.key, op.observedValue, op.revision)
      continue
    }
    const items = op.items ?? {}
    for (const [key, floor] of scopes.get(op.key) ?? []) {
      findings.checked++
      const item = Object.hasOwn(items, key) ? items[key] : undefined
      // Most are as new as they must be: nothing to say about those.
      if (item === undefined ? !floor.deleted : item.revision < floor.revision) look(op, key, item?.value ?? null, item?.revision)
    }
  }
  const said = `${plural(reads, 'read')} against what had been acknowledged before`
  return findings.close(said, reads === 0 ? 'no read was recorded' : undefined)
}
