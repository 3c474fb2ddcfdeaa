import type { Committed } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { History, Operation, PropertyVerdict, WatchEvent } from '../types.js'
import { eventInWords, operationInWords, valueInWords } from '../words.js'
import { possible, type Writers } from '../writers.js'

/** Every value that anybody saw must come from a write that was not refused. */
export const checkRefused = (history: History, writers: Writers): PropertyVerdict => {
  const findings = new Findings('refused-writes-absent')
  const refused = history.operations.filter((op) => op.outcome === 'failed' && op.kind !== 'read' && op.kind !== 'list').length
  /** The value of a key that was last found to be explained: lists and watches repeat it many times. */
  const explained = new Map<string, string>()
  const isExplained = (key: string, value: string): boolean => {
    if (explained.get(key) === value) {
      findings.checked++
      return true
    }
    return false
  }
  const trace = (key: string, value: string, seen: () => string, op?: Operation, event?: WatchEvent): void => {
    findings.checked++
    const wrote = writers.get(key)?.byValue.get(value)
    if (wrote?.some(possible)) {
      explained.set(key, value)
      return
    }
    const first = wrote?.[0]
    if (first) findings.violated(() => `Refused, and yet seen: ${operationInWords(first)}. But ${seen()}.`, [first, op], [event])
    else findings.violated(() => `Nobody wrote ${valueInWords(value)} to ${key}, yet ${seen()}.`, [op], [event])
  }
  for (const op of history.operations) {
    if (op.outcome !== 'ok') continue
    if (op.kind === 'read' && typeof op.observedValue === 'string') trace(op.key, op.observedValue, () => operationInWords(op), op)
    if (op.kind !== 'list') continue
    for (const key in op.items) {
      const value = op.items[key]?.value
      if (value === undefined || isExplained(key, value)) continue
      trace(key, value, () => `${operationInWords(op)}, among them ${key} = ${valueInWords(value)}`, op)
    }
  }
  for (const event of history.watches) {
    if (event.type === 'deleted') {
      findings.checked++
      const deletes = writers.get(event.key)?.deletes ?? []
      if (!deletes.some(possible))
        findings.violated(() => `Nobody deleted ${event.key}, yet ${eventInWords(event)}.`, [deletes[0]], [event])
    } else if ((event.type === 'added' || event.type === 'modified') && event.value !== undefined)
      trace(event.key, event.value, () => eventInWords(event), undefined, event)
  }
  for (const final of history.finals)
    for (const [key, item] of Object.entries(final.items))
      if (item.value === undefined) findings.checked++
      else trace(key, item.value, () => `${final.source} holds ${key} = ${valueInWords(item.value)} at revision ${item.revision}`)
  const said = `${plural(refused, 'refused write')}; ${plural(findings.checked, 'observation')} traced to their writes`
  return findings.close(said, findings.checked === 0 ? 'nothing was observed' : undefined)
}

/** A value may have as many versions as writes of it that can have taken effect: a request without answer lands once or never. */
export const checkOnce = (committed: Committed, writers: Writers): PropertyVerdict => {
  const findings = new Findings('writes-applied-once')
  for (const [key, versions] of committed.keys) {
    const seen = new Map<string, number[]>()
    let deletions = 0
    for (const version of versions) {
      if (version.value === null) deletions++
      else if (version.value !== undefined) {
        const revisions = seen.get(version.value)
        if (revisions) revisions.push(version.revision)
        else seen.set(version.value, [version.revision])
      }
    }
    const of = writers.get(key)
    for (const [value, revisions] of seen) {
      const able = of?.byValue.get(value)?.filter(possible) ?? []
      findings.checked++
      if (able.length === 0 || revisions.length <= able.length) continue
      const events = versions.filter((one) => one.value === value).map((one) => one.event)
      findings.violated(
        () =>
          `Written ${able.length === 1 ? 'once' : `${able.length} times`}, committed at revisions ${revisions.join(' and ')}: ${able.map(operationInWords).join('; ')}.`,
        able,
        events,
      )
    }
    const deletes = of?.deletes.filter(possible) ?? []
    if (deletions > deletes.length && deletes.length > 0) {
      findings.violated(
        () => `${key} was deleted ${deletions} times by ${plural(deletes.length, 'request')}: ${deletes.map(operationInWords).join('; ')}.`,
        deletes,
        versions.filter((one) => one.value === null).map((one) => one.event),
      )
    }
  }
  const said = `${plural(findings.checked, 'value')} with their revisions`
  return findings.close(said, findings.checked === 0 ? 'no record names a revision' : undefined)
}
