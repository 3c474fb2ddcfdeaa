import type { CheckResult } from '../model/check.js'
import type { DomainReport, FaultReport } from './drill-report.js'
import { listed } from './format.js'

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
  /** The best evidence that there can be for it; weaker evidence counts for less. Default `drilled`. */
  attainable?: Evidence
  /** When it was drilled, RFC 3339; an old drill counts as `live`. */
  drilledAt?: string
}

export interface Score {
  /** 0 to 100, whole. */
  value: number
  /** The highest value that the domains and the controls allow. */
  cap: number
  /** Weighted share before the cap. */
  share: number
  because: string[]
  findings: Finding[]
}

export interface ScoreOptions {
  /** Milliseconds since the epoch. */
  now: number
  /** Age at which a drill stops being one. Default 30. */
  maxAgeDays?: number
  /** Whether the detector was shown to work. */
  controls: 'passed' | 'failed' | 'not run'
}

const worth: Record<Evidence, number> = { declared: 0.25, static: 0.5, live: 0.75, drilled: 1 }
const dayMs = 86_400_000
/** Caps from the lesson that averages hide the one thing that takes everything down. */
const capOfSinglePoint = 49
const capOfUnproven = 79

/** The level that still counts today: proof by drill goes stale as the cluster changes. */
const levelAt = (finding: Finding, now: number, maxAgeDays: number): Evidence => {
  if (finding.evidence !== 'drilled') return finding.evidence
  const at = finding.drilledAt === undefined ? Number.NaN : Date.parse(finding.drilledAt)
  return now - at <= maxAgeDays * dayMs ? 'drilled' : 'live'
}

const shareOf = (finding: Finding): number => {
  if (finding.verdict !== 'True') return 0
  return finding.weight * Math.min(1, worth[finding.evidence] / worth[finding.attainable ?? 'drilled'])
}

const named = (domains: readonly DomainReport[]): string => {
  const names = domains.map((one) => `${one.kind} ${one.domain}`)
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : listed(names)
}

/**
 * Score = min(cap, weighted share). A proven single point of failure caps at 49; redundancy that was not proven, or a detector that
 * was not shown to work, at 79; 100 needs every finding held on the best evidence there can be, drills at most `maxAgeDays` old.
 * What is unknown counts as not held and stays in the sum.
 */
export const scoreOf = (domains: readonly DomainReport[], findings: readonly Finding[], options: ScoreOptions): Score => {
  const { now, maxAgeDays = 30, controls } = options
  const because: string[] = []
  const levels = findings.map((one) => ({ ...one, evidence: levelAt(one, now, maxAgeDays) }))
  const total = levels.reduce((sum, one) => sum + one.weight, 0)
  const held = levels.reduce((sum, one) => sum + shareOf(one), 0)
  // Rounded down, so that 99.6 never shows as 100.
  const share = total > 0 ? Math.floor((held / total) * 100 + 1e-9) : 0

  const lost = domains.filter((one) => one.verdict === 'disproved')
  const unproven = domains.filter((one) => one.verdict === 'not proven')
  let cap = 100
  const limit = (to: number, why: string): void => {
    cap = Math.min(cap, to)
    because.push(`at most ${to}: ${why}`)
  }
  if (lost.length > 0) limit(capOfSinglePoint, `the loss of ${named(lost)} is not survived`)
  if (domains.length === 0) limit(capOfUnproven, 'no failure domain was drilled')
  if (unproven.length > 0) limit(capOfUnproven, `redundancy not proven for ${named(unproven)}`)
  if (controls !== 'passed')
    limit(capOfUnproven, controls === 'failed' ? 'a control failed, so the detector cannot be trusted' : 'the controls were not run')

  const tell = (some: number, what: string): void => {
    if (some > 0) because.push(`${some} of ${findings.length} findings ${what}`)
  }
  tell(levels.filter((one) => one.verdict === 'False').length, 'do not hold')
  tell(levels.filter((one) => one.verdict === 'Unknown').length, 'could not be told, and count as not held')
  tell(levels.filter((one) => one.verdict === 'True' && shareOf(one) < one.weight).length, 'hold on weaker evidence than there could be')
  tell(findings.filter((one, i) => one.evidence !== levels[i]?.evidence).length, `were drilled more than ${maxAgeDays} days ago`)
  if (findings.length === 0) because.push('there are no findings')
  return { value: Math.min(cap, share), cap, share, because, findings: levels }
}

/** Findings of a drill: each fault (a whole machine weighs double), and each claim about the live cluster, which cannot be drilled. */
export const findingsOf = (faults: readonly FaultReport[], claims: readonly CheckResult[], drilledAt: string): Finding[] => [
  ...faults
    .filter((one) => one.control === undefined)
    .map(
      (one): Finding => ({
        id: `fault/${one.id}`,
        title: one.title,
        weight: one.category === 'machine' ? 2 : 1,
        verdict: one.verdict === 'pass' ? 'True' : one.verdict === 'fail' ? 'False' : 'Unknown',
        evidence: 'drilled',
        drilledAt,
      }),
    ),
  ...claims.map(
    (one): Finding => ({ id: one.id, title: one.claim, weight: 1, verdict: one.verdict, evidence: 'live', attainable: 'live' }),
  ),
]
