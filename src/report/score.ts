import type { DomainReport } from './drill-report.js'

/** How well something is known, weakest first: written in the file, worked out from it, seen on the live cluster, broken and seen to hold. */
export const evidenceLevels = ['declared', 'static', 'live', 'drilled'] as const
export type Evidence = (typeof evidenceLevels)[number]

/** One statement that counts towards the score. `Unknown` weighs as much as `False`: it is never left out of the sum. */
export interface Finding {
  id: string
  title: string
  weight: number
  verdict: 'True' | 'False' | 'Unknown'
  evidence: Evidence
  /** When it was drilled, RFC 3339; a drill older than `maxAgeDays` counts as `live`. */
  drilledAt?: string
}

export interface Score {
  /** 0 to 100, whole. */
  value: number
  /** The highest value that the domains allow. */
  cap: number
  /** Weighted share before the cap. */
  share: number
  because: string[]
  findings: Finding[]
}

const worth: Record<Evidence, number> = { declared: 0.25, static: 0.5, live: 0.75, drilled: 1 }

const dayMs = 86_400_000

/** The level that still counts today: proof by drill goes stale as the cluster changes. */
const levelAt = (finding: Finding, now: number, maxAgeDays: number): Evidence => {
  if (finding.evidence !== 'drilled') return finding.evidence
  const at = finding.drilledAt === undefined ? Number.NaN : Date.parse(finding.drilledAt)
  return now - at <= maxAgeDays * dayMs ? 'drilled' : 'live'
}

const named = (domains: readonly DomainReport[]): string => {
  const names = domains.map((one) => `${one.kind} ${one.domain}`)
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}

/**
 * Score = min(cap, weighted share). An average hides the one thing that takes everything down, so a proven single point of failure
 * caps at 49 and any redundancy that was not proven at 79; 100 needs every finding held under a drill at most `maxAgeDays` old.
 * What is unknown counts as not held and stays in the denominator.
 */
export const scoreOf = (
  domains: readonly DomainReport[],
  findings: readonly Finding[],
  { now, maxAgeDays = 30 }: { now: number; maxAgeDays?: number },
): Score => {
  const because: string[] = []
  const total = findings.reduce((sum, one) => sum + one.weight, 0)
  const levels = findings.map((one) => ({ ...one, evidence: levelAt(one, now, maxAgeDays) }))
  const held = levels.reduce((sum, one) => sum + (one.verdict === 'True' ? one.weight * worth[one.evidence] : 0), 0)
  // Rounded down, so that 99.6 never shows as 100.
  const share = total > 0 ? Math.floor((held / total) * 100 + 1e-9) : 0

  const lost = domains.filter((one) => one.verdict === 'disproved')
  const unproven = domains.filter((one) => one.verdict === 'not proven')
  let cap = 100
  if (domains.length === 0 || unproven.length > 0) {
    cap = 79
    because.push(
      domains.length === 0 ? 'no failure domain was drilled: at most 79' : `redundancy not proven for ${named(unproven)}: at most 79`,
    )
  }
  if (lost.length > 0) {
    cap = 49
    because.push(`single point of failure: ${named(lost)}: at most 49`)
  }
  const wrong = levels.filter((one) => one.verdict === 'False')
  const unknown = levels.filter((one) => one.verdict === 'Unknown')
  const weaker = levels.filter((one) => one.verdict === 'True' && one.evidence !== 'drilled')
  const aged = findings.filter((one, i) => one.evidence === 'drilled' && levels[i]?.evidence !== 'drilled')
  if (wrong.length > 0) because.push(`${wrong.length} of ${findings.length} findings do not hold`)
  if (unknown.length > 0) because.push(`${unknown.length} of ${findings.length} findings could not be told, and count as not held`)
  if (weaker.length > 0) because.push(`${weaker.length} of ${findings.length} findings hold on weaker evidence than a drill`)
  if (aged.length > 0) because.push(`${aged.length} drilled more than ${maxAgeDays} days ago`)
  if (findings.length === 0) because.push('there are no findings')
  return { value: Math.min(cap, share), cap, share, because, findings: levels }
}
