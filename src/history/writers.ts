import type { Operation } from './types.js'

/** The writes of one key. */
export interface KeyWrites {
  /** Creates and updates by the value they write. */
  byValue: Map<string, Operation[]>
  deletes: Operation[]
  acknowledged: Operation[]
}

export type Writers = Map<string, KeyWrites>

/** Indexes all writes, refused ones included, by key and value, so that every observed value can be traced to who wrote it. */
export const writersOf = (operations: readonly Operation[]): Writers => {
  const writers: Writers = new Map()
  for (const op of operations) {
    if (op.kind === 'read' || op.kind === 'list') continue
    let of = writers.get(op.key)
    if (!of) {
      of = { byValue: new Map(), deletes: [], acknowledged: [] }
      writers.set(op.key, of)
    }
    if (op.outcome === 'ok') of.acknowledged.push(op)
    if (op.kind === 'delete') of.deletes.push(op)
    else if (op.value !== undefined) {
      const same = of.byValue.get(op.value)
      if (same) same.push(op)
      else of.byValue.set(op.value, [op])
    }
  }
  return writers
}

/** A write that took effect or still may. */
export const possible = (op: Operation): boolean => op.outcome !== 'failed'

/** When a write had surely taken effect: a write without answer may do so for ever after. */
export const effectiveBy = (op: Operation): number => (op.outcome === 'ok' ? op.endMs : Number.POSITIVE_INFINITY)

/** Whether `later` can have taken effect after `earlier`, by revision where both have one, by the clock otherwise. */
export const canFollow = (later: Operation, earlier: Operation): boolean => {
  if (later === earlier || !possible(later)) return false
  if (later.revision !== undefined && earlier.revision !== undefined) return later.revision > earlier.revision
  return effectiveBy(later) >= earlier.startMs
}
