import type { CheckResult } from '../model/check.js'
import type { Cluster } from '../model/cluster.js'
import type { Observed } from '../model/observed.js'
import { type Problem, problem } from '../model/problem.js'
import type { Live } from '../observe/live.js'
import type { Part } from '../observe/parts.js'

/** What was found about a claim. */
export type Judgement =
  | { verdict: 'True'; evidence: string }
  | {
      verdict: 'False' | 'Unknown'
      evidence: string
      machine?: string
      code: string
      severity?: Problem['severity']
      data?: Problem['data']
    }

/** A statement about the live cluster that is either held, seen to be untrue, or could not be seen. */
export interface Claim {
  /** Path-like: area, then name. */
  id: string
  /** In words. */
  claim: string
  /** What must be looked at. A part that could not be seen makes the claim Unknown. */
  needs: readonly Part[]
  /** While waiting: not looked at before these hold, since it cannot hold before them. */
  after: readonly string[]
  /** Once held it stays so by itself; not looked at again when everything else has come to hold. */
  steady: boolean
  applies(cluster: Cluster): boolean
  evaluate(cluster: Cluster, observed: Observed, live?: Live): CheckResult
}

interface Draft {
  id: string
  claim: string
  needs: readonly Part[]
  after?: readonly string[]
  steady?: boolean
  applies?: (cluster: Cluster) => boolean
  judge: (cluster: Cluster, observed: Observed, live: Live) => Judgement
}

export const held = (evidence: string): Judgement => ({ verdict: 'True', evidence })

/** Seen to be untrue. `machine` is where to look first. */
export const broken = (
  code: string,
  evidence: string,
  rest: { machine?: string; severity?: Problem['severity']; data?: Problem['data'] } = {},
): Judgement => ({ verdict: 'False', evidence, code, ...rest })

/** Q5001: could not be seen, which never counts as held. */
export const unseen = (evidence: string, machine?: string): Judgement => ({
  verdict: 'Unknown',
  evidence,
  code: 'Q5001',
  ...(machine ? { machine } : {}),
})

const resultOf = (draft: Draft, judgement: Judgement): CheckResult => {
  const { id, claim } = draft
  const { verdict, evidence } = judgement
  if (judgement.verdict === 'True') return { id, claim, verdict, evidence }
  const { machine, code, severity, data } = judgement
  return {
    id,
    claim,
    verdict,
    evidence,
    problem: problem(
      code,
      { id, claim, evidence, ...(machine ? { machine } : {}), ...data },
      { ...(machine ? { machine } : {}), ...(severity ? { severity } : {}) },
    ),
    ...(machine ? { machine } : {}),
  }
}

/** Makes a claim of its draft. Whatever a judge throws at odd facts is a thing not seen, never a crash of the check. */
export const defineClaim = (draft: Draft): Claim => ({
  id: draft.id,
  claim: draft.claim,
  needs: draft.needs,
  after: draft.after ?? [],
  steady: draft.steady ?? false,
  applies: draft.applies ?? (() => true),
  evaluate: (cluster, observed, live = {}) => {
    const blind = draft.needs.map((part) => observed.unseen?.[part]).find((reason) => reason !== undefined)
    if (blind !== undefined) return resultOf(draft, unseen(blind))
    try {
      return resultOf(draft, draft.judge(cluster, observed, live))
    } catch (error) {
      return resultOf(draft, unseen(`the facts could not be read: ${error instanceof Error ? error.message : String(error)}`))
    }
  },
})

/** One of several things that must all be right: fine, wrong, or not seen. */
export type Finding = { name: string; state: 'fine' | 'wrong' | 'unseen'; text: string; machine?: string; data?: Problem['data'] }

export const fine = (name: string, text = ''): Finding => ({ name, state: 'fine', text })
export const wrong = (name: string, text: string, rest: { machine?: string; data?: Problem['data'] } = {}): Finding => ({
  name,
  state: 'wrong',
  text,
  ...rest,
})
export const notSeen = (name: string, text = 'was not seen'): Finding => ({ name, state: 'unseen', text })

const most = 4
const told = (findings: readonly Finding[]): string => {
  const shown = findings.slice(0, most).map((one) => (one.text ? `${one.name}: ${one.text}` : one.name))
  return findings.length > most ? `${shown.join('; ')}; and ${findings.length - most} more` : shown.join('; ')
}

/** All fine = True, any wrong = False, else any not seen = Unknown. Nothing to look at is nothing seen. */
export const judgeAll = (
  findings: readonly Finding[],
  code: string,
  whenFine: string | ((fine: readonly Finding[]) => string),
  severity?: Problem['severity'],
): Judgement => {
  const bad = findings.filter((one) => one.state === 'wrong')
  const [first] = bad
  if (first) {
    const machine = first.machine ?? first.name
    return broken(code, told(bad), { machine, ...(severity ? { severity } : {}), data: { name: first.name, ...first.data } })
  }
  const blind = findings.filter((one) => one.state === 'unseen')
  const [hidden] = blind
  if (hidden) return unseen(told(blind), hidden.machine ?? hidden.name)
  if (findings.length === 0) return unseen('nothing was seen')
  return held(typeof whenFine === 'string' ? whenFine : whenFine(findings))
}

/** "a, b and c" */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
