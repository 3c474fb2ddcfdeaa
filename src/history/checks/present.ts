import { Findings, plural } from '../findings.js'
import type { FinalState, History, Operation, PropertyVerdict } from '../types.js'
import { operationInWords, valueInWords } from '../words.js'
import { canFollow, effectiveBy, type KeyWrites, possible, type Writers } from '../writers.js'

/** The newest acknowledged write of a key by revision, and those without revision, which can only be placed by the clock. */
const decisive = (acknowledged: readonly Operation[]): Operation[] => {
  let newest: Operation | undefined
  const unplaced: Operation[] = []
  for (const op of acknowledged) {
    if (op.revision === undefined) unplaced.push(op)
    else if (!newest || op.revision > (newest.revision ?? 0)) newest = op
  }
  return newest ? [newest, ...unplaced] : unplaced
}

const canBeDeletedAfter = (write: Operation, deletes: readonly Operation[]): boolean => deletes.some((one) => canFollow(one, write))

const survives = (write: Operation, item: FinalState['items'][string] | undefined, of: KeyWrites): boolean => {
  if (write.kind === 'delete') {
    if (!item) return true
    if (write.revision !== undefined) return item.revision > write.revision
    return item.value === undefined || (of.byValue.get(item.value) ?? []).some((one) => canFollow(one, write))
  }
  if (!item) return canBeDeletedAfter(write, of.deletes)
  if (write.revision !== undefined)
    return item.revision > write.revision || (item.revision === write.revision && (item.value === undefined || item.value === write.value))
  if (item.value === undefined || item.value === write.value) return true
  return (of.byValue.get(item.value) ?? []).some((one) => possible(one) && effectiveBy(one) >= write.startMs)
}

const whatIsThere = (final: FinalState, key: string): string => {
  const item = final.items[key]
  return item
    ? `${final.source} holds ${key}${item.value === undefined ? '' : ` = ${valueInWords(item.value)}`} at revision ${item.revision}`
    : `${final.source} does not hold ${key}`
}

/** Each acknowledged write must be in every final state, unless a later write of the same key can have replaced it. */
export const checkPresent = (history: History, writers: Writers): PropertyVerdict => {
  const findings = new Findings('acknowledged-writes-present')
  let count = 0
  let highest: Operation | undefined
  for (const { acknowledged } of writers.values()) {
    count += acknowledged.length
    for (const op of acknowledged) if ((op.revision ?? 0) > (highest?.revision ?? 0)) highest = op
  }
  for (const final of history.finals) {
    if (highest && final.revision < (highest.revision ?? 0)) {
      const op = highest
      findings.violated(
        () => `${final.source} ended at revision ${final.revision}, before an acknowledged write: ${operationInWords(op)}.`,
        [op],
      )
    }
    for (const [key, of] of writers) {
      findings.checked += of.acknowledged.length
      for (const write of decisive(of.acknowledged)) {
        if (survives(write, Object.hasOwn(final.items, key) ? final.items[key] : undefined, of)) continue
        findings.violated(() => `Lost: ${operationInWords(write)}. At the end ${whatIsThere(final, key)}.`, [write])
      }
    }
  }
  const said = `${plural(count, 'acknowledged write')} looked for at ${plural(history.finals.length, 'source')}`
  if (history.finals.length === 0) return findings.close(said, 'no final state was recorded')
  return findings.close(said, count === 0 ? 'no write was acknowledged' : undefined)
}
