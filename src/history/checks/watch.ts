import type { Committed } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { PropertyVerdict, WatchEvent } from '../types.js'
import { eventInWords, operationInWords, valueInWords } from '../words.js'
import type { Writers } from '../writers.js'

/** Events of each watcher in the order of arrival. */
export const byWatcher = (events: readonly WatchEvent[]): Map<string, WatchEvent[]> => {
  const watchers = new Map<string, WatchEvent[]>()
  for (const event of events) {
    const own = watchers.get(event.watcher)
    if (own) own.push(event)
    else watchers.set(event.watcher, [event])
  }
  for (const own of watchers.values()) own.sort((a, b) => a.seq - b.seq)
  return watchers
}

const delivers = (event: WatchEvent): boolean => event.type === 'added' || event.type === 'modified' || event.type === 'deleted'

/** Revisions rise from event to event, nothing comes twice, and added, modified, deleted follow each other as a key can live. */
export const checkOrdered = (watchers: Map<string, WatchEvent[]>): PropertyVerdict => {
  const findings = new Findings('watch-ordered')
  let torn: string | undefined
  for (const [watcher, events] of watchers) {
    let cursor: { revision: number; event?: WatchEvent } = { revision: -1 }
    let seq = 0
    const alive = new Map<string, WatchEvent>()
    const gone = new Map<string, WatchEvent>()
    const delivered = new Map<number, WatchEvent>()
    for (const event of events) {
      if (event.seq !== seq + 1 && seq > 0) torn ??= `the record of watcher ${watcher} has a gap after number ${seq}`
      seq = event.seq
      if (event.type === 'started' || event.type === 'relisted') {
        cursor = { revision: event.revision }
        alive.clear()
        gone.clear()
        delivered.clear()
      } else if (event.type === 'resumed') {
        // Asking again for what was already received is the client's own choice, so a repetition after it is no fault of the server.
        if (event.revision < cursor.revision) {
          cursor = { revision: event.revision }
          delivered.clear()
          alive.clear()
          gone.clear()
        }
      } else if (event.type === 'bookmark') {
        if (event.revision > cursor.revision) cursor = { revision: event.revision, event }
      } else if (delivers(event)) {
        findings.checked++
        const twin = delivered.get(event.revision)
        const before = cursor
        if (twin?.key === event.key)
          findings.violated(() => `Delivered twice: ${eventInWords(twin)}; and again as number ${event.seq}.`, [], [twin, event])
        else if (event.revision <= before.revision)
          findings.violated(
            () =>
              `Out of order: ${before.event ? eventInWords(before.event) : `watcher ${watcher} started at revision ${before.revision}`}; then ${eventInWords(event)}.`,
            [],
            [before.event, event],
          )
        else {
          const living = alive.get(event.key)
          const dead = gone.get(event.key)
          if (event.type === 'added' && living)
            findings.violated(
              () => `Added although it was there: ${eventInWords(living)}; then ${eventInWords(event)}.`,
              [],
              [living, event],
            )
          if (event.type !== 'added' && dead)
            findings.violated(() => `Changed although it was gone: ${eventInWords(dead)}; then ${eventInWords(event)}.`, [], [dead, event])
        }
        delivered.set(event.revision, event)
        if (event.type === 'deleted') {
          alive.delete(event.key)
          gone.set(event.key, event)
        } else {
          gone.delete(event.key)
          alive.set(event.key, event)
        }
        if (event.revision > cursor.revision) cursor = { revision: event.revision, event }
      }
    }
  }
  const said = `${plural(findings.checked, 'event')} of ${plural(watchers.size, 'watcher')}`
  return findings.close(said, findings.checked === 0 ? 'no event was recorded' : torn)
}

interface Covered {
  fromRevision: number
  toRevision: number
}

/** Revision ranges that a watcher must have delivered in full: from where it started or relisted to the last it is known to have passed. */
const coveredBy = (events: readonly WatchEvent[]): Covered[] => {
  const ranges: Covered[] = []
  let from: number | undefined
  let to = 0
  const close = (): void => {
    if (from !== undefined && to > from) ranges.push({ fromRevision: from, toRevision: to })
  }
  for (const event of events) {
    if (event.type === 'started' || event.type === 'relisted') {
      close()
      from = event.revision
      to = event.revision
      continue
    }
    // `resumed` only repeats what the client asks for; it proves no delivery.
    if (event.type === 'resumed') continue
    from ??= event.revision - 1
    to = Math.max(to, event.revision)
  }
  close()
  return ranges
}

/** Where in the stream the missing event should have been: between two events that may lie on both sides of a reconnection. */
const gapInWords = (events: readonly WatchEvent[], revision: number): string => {
  const last = events.findLast((one) => delivers(one) && one.revision < revision)
  const next = events.find((one) => delivers(one) && one.revision > revision)
  const resumed = events.some((one) => one.type === 'resumed' && (!last || one.seq > last.seq) && (!next || one.seq < next.seq))
  const sides = `${last ? `number ${last.seq} at revision ${last.revision}` : 'its start'} and ${next ? `number ${next.seq} at revision ${next.revision}` : 'its end'}`
  return resumed ? `lost across the reconnection between ${sides}` : `it should have come between ${sides}`
}

/** Everything committed within the range of a watcher, from whatever record it is known, must be among its events. */
export const checkComplete = (watchers: Map<string, WatchEvent[]>, committed: Committed, writers: Writers): PropertyVerdict => {
  const findings = new Findings('watch-complete')
  let withoutEnd = 0
  for (const [watcher, events] of watchers) {
    const prefix = events.find((one) => one.type === 'started')?.key ?? ''
    const ended = events.some((one) => one.type === 'ended')
    if (!ended) withoutEnd++
    const received = new Set<number>()
    const deletions = new Map<string, number>()
    for (const event of events) {
      if (!delivers(event)) continue
      received.add(event.revision)
      if (event.type === 'deleted') deletions.set(event.key, (deletions.get(event.key) ?? 0) + 1)
    }
    const ranges = coveredBy(events)
    for (const version of committed.all) {
      if (!version.key.startsWith(prefix)) continue
      if (!ranges.some((one) => version.revision > one.fromRevision && version.revision <= one.toRevision)) continue
      findings.checked++
      if (received.has(version.revision)) continue
      const { operation } = version
      const what = operation
        ? operationInWords(operation)
        : `${version.key} = ${valueInWords(version.value)} at revision ${version.revision}, as ${version.source} shows`
      findings.violated(() => `Watcher ${watcher} never received ${what}; ${gapInWords(events, version.revision)}.`, [operation], [])
    }
    // A delete whose reply names no revision can only be counted, and only by a watcher that saw everything.
    if (!ended || events.some((one) => one.type === 'relisted')) continue
    const started = events.find((one) => one.type === 'started')?.atMs ?? Number.POSITIVE_INFINITY
    for (const [key, of] of writers) {
      if (!key.startsWith(prefix)) continue
      const due = of.deletes.filter((one) => one.outcome === 'ok' && one.revision === undefined && one.startMs > started)
      const least = due.length - (deletions.get(key) ?? 0)
      findings.checked += due.length
      if (least > 0)
        findings.violated(() => `Watcher ${watcher} never received a deletion of ${key}: ${due.map(operationInWords).join('; ')}.`, due, [])
    }
  }
  const said = `${plural(findings.checked, 'event')} due at ${plural(watchers.size, 'watcher')}`
  if (findings.checked === 0) return findings.close(said, 'no watcher covers a committed revision')
  return findings.close(
    said,
    withoutEnd > 0 ? `${plural(withoutEnd, 'watcher')} without an end: what was still due is not known` : undefined,
  )
}
