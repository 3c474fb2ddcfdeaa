import { expect } from 'vitest'
import type { Fault, Stage } from './stage.js'

/** Holds what a stage recorded against the one rule, and gives the figures as text. */
export const expectNeverTwo = (stage: Stage): string => {
  const { takeovers, resource } = stage
  // By the fencing token: what the resource took is in the order of tokens, and each token belongs to one process.
  const accepted = resource.writes.filter((write) => write.accepted)
  for (const [at, write] of accepted.entries()) if (at > 0) expect(write.token >= (accepted[at - 1]?.token ?? 0n)).toBe(true)
  expect(new Set(accepted.map(({ token, pid }) => `${token} ${pid}`)).size).toBe(new Set(accepted.map(({ token }) => token)).size)

  // From outside: only a COMMAND that was frozen with everything that could have ended it may show up once more, and is refused.
  const frozen = new Set(takeovers.filter(({ fault }) => fault === 'freeze all').map(({ from }) => from))
  const runs = stage.runs()
  const overlaps = runs.slice(1).filter((run, at) => {
    const before = runs[at]
    return before && !frozen.has(before.token) && before.lastNs >= run.firstNs
  })
  expect(overlaps).toEqual([])
  const refused = resource.writes.filter((write) => !write.accepted)
  expect(refused.filter(({ token }) => !frozen.has(token))).toEqual([])

  const spread = (values: number[]): string => {
    const sorted = values.map(Math.round).sort((a, b) => a - b)
    return `${sorted[0]}/${sorted[sorted.length >> 1]}/${sorted.at(-1)}`
  }
  const row = (fault: Fault): string => {
    const of = takeovers.filter((one) => one.fault === fault)
    const [elected, alive, gap] = [of.map((one) => one.electedMs), of.map((one) => one.ms), of.map((one) => one.gapMs)]
    return `${fault.padEnd(12)} n=${of.length}  elected ${spread(elected)}  COMMAND alive ${spread(alive)}  none alive for ${spread(gap)}`
  }
  const rows = [...new Set(takeovers.map(({ fault }) => fault))].map(row)
  return `ms from the fault, min/median/max\n${rows.join('\n')}\nwrites ${resource.writes.length}, refused ${refused.length}`
}
