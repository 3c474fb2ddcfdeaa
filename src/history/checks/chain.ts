import { type Committed, firstAbove, type Version } from '../committed.js'
import { Findings, plural } from '../findings.js'
import type { Operation, PropertyVerdict } from '../types.js'
import { operationInWords, valueInWords } from '../words.js'
import type { Writers } from '../writers.js'

const versionInWords = (version: Version): string =>
  version.operation
    ? operationInWords(version.operation)
    : `${version.source} shows ${version.key} = ${valueInWords(version.value)} at revision ${version.revision}`

/** The revision at which a write took effect: as acknowledged, or as seen when nobody else wrote that value. */
export const landedAt = (op: Operation, versions: readonly Version[], writers: Writers): number | undefined => {
  if (op.outcome === 'ok') return op.revision
  if (op.outcome === 'failed' || op.value === undefined) return undefined
  if ((writers.get(op.key)?.byValue.get(op.value)?.length ?? 0) !== 1) return undefined
  return versions.find((one) => one.value === op.value)?.revision
}

/**
 * An update that named the version it replaces must follow that version directly: any known version in between was overwritten
 * unseen. A create must not follow a living version. Versions found anywhere count, so two updates of one version always show.
 */
export const checkChain = (operations: readonly Operation[], committed: Committed, writers: Writers): PropertyVerdict => {
  const findings = new Findings('compare-and-swap-chain')
  for (const op of operations) {
    if (op.outcome === 'failed' || (op.kind !== 'update' && op.kind !== 'create')) continue
    if (op.kind === 'update' && op.expectedRevision === undefined) continue
    const versions = committed.keys.get(op.key) ?? []
    const revision = landedAt(op, versions, writers)
    if (revision === undefined) continue
    findings.checked++
    if (op.kind === 'create') {
      const before = versions[firstAbove(versions, revision - 1) - 1]
      const unplaced = writers.get(op.key)?.deletes.some((one) => one.outcome !== 'failed' && one.revision === undefined)
      if (before && typeof before.value === 'string' && !unplaced)
        findings.violated(
          () => `Created over a living version: ${operationInWords(op)}, although ${versionInWords(before)}.`,
          [op, before.operation],
          before.operation ? [] : [before.event],
        )
      continue
    }
    const expected = op.expectedRevision ?? 0
    const between = versions[firstAbove(versions, expected)]
    const base = versions[firstAbove(versions, expected) - 1]
    if (revision <= expected) findings.violated(() => `Replaced a version from the future: ${operationInWords(op)}.`, [op])
    else if (between && between.revision < revision)
      findings.violated(
        () =>
          `Went through although the version it expected was already replaced: ${operationInWords(op)}. In between, ${versionInWords(between)}.`,
        [op, between.operation],
        between.operation ? [] : [between.event],
      )
    else if (base?.revision === expected && base.value === null)
      findings.violated(
        () => `Updated a deleted version: ${operationInWords(op)}, although ${versionInWords(base)}.`,
        [op, base.operation],
        base.operation ? [] : [base.event],
      )
  }
  const said = `${plural(findings.checked, 'create or compare-and-swap', 'creates and compare-and-swaps')} placed in the chain of their key`
  return findings.close(said, findings.checked === 0 ? 'no create or compare-and-swap names a revision' : undefined)
}
