import type { CheckResult } from '../model/check.js'

export interface Summary {
  /** Every claim is True: what could not be seen does not count as held. */
  ok: boolean
  held: number
  broken: number
  unseen: number
}

export const summarise = (results: readonly CheckResult[]): Summary => {
  const count = (verdict: CheckResult['verdict']) => results.filter((one) => one.verdict === verdict).length
  const [held, broken, unseen] = [count('True'), count('False'), count('Unknown')]
  // No claim at all proves nothing.
  return { ok: results.length > 0 && held === results.length, held, broken, unseen }
}
