import type { Committed } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { MemberHash, Operation, PropertyVerdict } from '../types.js'
import { operationInWords, valueInWords } from '../words.js'
import type { Writers } from '../writers.js'
import { landedAt } from './chain.js'

/** Highest revision that a reply proves to exist. */
const proves = (op: Operation): number => (op.outcome === 'ok' ? Math.max(op.revision ?? 0, op.storeRevision ?? 0) : 0)

/**
 * In real time revisions only rise: a write that began after revision r was acknowledged lies above r, and a reply of the whole store
 * is at least as new as r. One pass over the operations by start, with the highest revision acknowledged so far.
 */
export const checkMonotone = (operations: readonly Operation[], committed: Committed, writers: Writers): PropertyVerdict => {
  const findings = new Findings('revisions-monotone')
  const ended = operations.filter((op) => proves(op) > 0).sort((a, b) => a.endMs - b.endMs)
  const begun = [...operations].sort((a, b) => a.startMs - b.startMs)
  let next = 0
  let highest: Operation | undefined
  for (const op of begun) {
    for (let one = ended[next]; one && one.endMs < op.startMs; one = ended[++next])
      if (!highest || proves(one) > proves(highest)) highest = one
    const write = op.kind === 'create' || op.kind === 'update' || op.kind === 'delete'
    const revision = write
      ? landedAt(op, committed.keys.get(op.key) ?? [], writers)
      : op.outcome === 'ok' && !op.mayLag
        ? op.storeRevision
        : undefined
    if (revision === undefined) continue
    findings.checked++
    const before = highest
    if (!before || (write ? revision > proves(before) : revision >= proves(before))) continue
    findings.violated(
      () => `Time went back to revision ${revision}: ${operationInWords(before)}; only then began ${operationInWords(op)}.`,
      [before, op],
    )
  }
  const said = `${plural(findings.checked, 'revision')} against the highest acknowledged before`
  return findings.close(said, findings.checked === 0 ? 'no reply names a revision' : undefined)
}

/** Whatever two sources say about one revision must agree: key, and value or deletion. */
export const checkContent = (committed: Committed): PropertyVerdict => {
  const findings = new Findings('one-content-per-revision')
  findings.checked = committed.observations
  for (const { first, second } of committed.contradictions) {
    const story = (one: typeof first): string =>
      one.operation ? operationInWords(one.operation) : `${one.source} says ${one.key} = ${valueInWords(one.value)}`
    findings.violated(
      () => `Revision ${first.revision} has two contents: ${story(first)}; but ${story(second)}.`,
      [first.operation, second.operation],
      [first.operation ? undefined : first.event, second.event],
    )
  }
  const said = `${plural(committed.observations, 'observation')} of ${plural(committed.all.length, 'revision')}`
  return findings.close(said, committed.observations === 0 ? 'no record names a revision' : undefined)
}

/** Members hashed at the same revision must have the same hash. */
export const checkHashes = (hashes: readonly MemberHash[]): PropertyVerdict => {
  const findings = new Findings('hashes-equal')
  const byRevision = new Map<number, MemberHash[]>()
  for (const hash of hashes) byRevision.set(hash.revision, [...(byRevision.get(hash.revision) ?? []), hash])
  let compared = 0
  for (const [revision, group] of byRevision) {
    const members = new Set(group.map((one) => one.member))
    if (members.size < 2) continue
    compared++
    findings.checked += group.length
    const first = group[0]
    const other = group.find((one) => one.hash !== first?.hash)
    if (first && other)
      findings.violated(
        () => `At revision ${revision} the members differ: ${group.map((one) => `${one.member} has ${one.hash}`).join(', ')}.`,
        [],
      )
  }
  const said = `${plural(findings.checked, 'hash', 'hashes')} at ${plural(compared, 'common revision')}`
  return findings.close(said, compared === 0 ? 'no two members were hashed at the same revision' : undefined)
}
