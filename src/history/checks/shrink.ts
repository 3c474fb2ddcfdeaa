import { type Answer, linearizable, type RegisterOperation } from './linearize.js'

/** Takes away what rests on something already taken away: a value that is required but that nobody writes any more. */
const grounded = <T extends RegisterOperation>(ops: readonly T[]): T[] => {
  let left = [...ops]
  for (;;) {
    const written = new Set(left.map((one) => one.writes))
    const next = left.filter((one) => one.requires === undefined || one.requires === 0 || written.has(one.requires))
    if (next.length === left.length) return next
    left = next
  }
}

/** The history as it stood at `atMs`: what was open then had no answer yet. */
const until = <T extends RegisterOperation>(ops: readonly T[], atMs: number): T[] =>
  ops
    .filter((one) => one.startMs <= atMs && (one.endMs <= atMs || one.writes !== undefined))
    .map((one) => (one.endMs <= atMs ? one : { ...one, endMs: Number.POSITIVE_INFINITY }))

/**
 * A small part of a history that still has no order: first the shortest prefix in time, then as many operations taken out as can be,
 * in halves, quarters, down to single ones. A write leaves together with all that read its value, so the rest stays a possible record.
 */
export const shrink = <T extends RegisterOperation>(ops: readonly T[], expired: () => boolean): T[] => {
  const broken = (some: readonly T[]): boolean => (linearizable(some, expired) as Answer) === 'no'
  const ends = [...new Set(ops.map((one) => one.endMs).filter((end) => end !== Number.POSITIVE_INFINITY))].sort((a, b) => a - b)
  let low = 0
  let high = ends.length - 1
  while (low < high && !expired()) {
    const middle = (low + high) >>> 1
    if (broken(until(ops, ends[middle] ?? 0))) high = middle
    else low = middle + 1
  }
  let left = until(ops, ends[high] ?? 0)
  if (!broken(left)) return [...ops]

  // A delete carries every later `absent`; it may go only when nothing requires absence.
  const removable = (one: T, all: readonly T[]): boolean => one.writes !== 0 || !all.some((other) => other.requires === 0)
  for (let size = Math.ceil(left.length / 2); size >= 1 && !expired(); ) {
    let shrunk = false
    for (let from = 0; from < left.length && !expired(); ) {
      const part = left.slice(from, from + size).filter((one) => removable(one, left))
      const gone = new Set<T>(part)
      const rest = grounded(left.filter((one) => !gone.has(one)))
      if (part.length > 0 && broken(rest)) {
        left = rest
        shrunk = true
      } else from += size
    }
    if (size === 1 && !shrunk) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  return left
}
