import type { CheckResult } from '../../model/check.js'
import { problemLines } from '../problems.js'
import type { Pen } from './topology.js'

const areaOf = (result: CheckResult): string => result.id.split('/')[0] ?? result.id

/** One line: how many claims hold, area by area. */
export const claimsLine = (checks: readonly CheckResult[], pen: Pen): string => {
  const { paint } = pen
  const held = checks.filter((one) => one.verdict === 'True').length
  const wrong = checks.filter((one) => one.verdict === 'False').length
  const unseen = checks.length - held - wrong
  const parts = [`${held} of ${checks.length} claims hold`]
  if (wrong > 0) parts.push(paint.red(`${wrong} ${wrong === 1 ? 'is' : 'are'} false`))
  if (unseen > 0) parts.push(paint.yellow(`${unseen} could not be seen`))
  const sign = wrong > 0 ? paint.red(pen.glyphs.bad) : unseen > 0 ? paint.yellow(pen.glyphs.unknown) : paint.green(pen.glyphs.good)
  const areas = [...new Set(checks.map(areaOf))]
  return `${sign} ${parts.join(', ')}${wrong + unseen === 0 && areas.length > 0 ? paint.dim(`  ${areas.join(' · ')}`) : ''}`
}

/** What does not hold, each with what was seen and the next thing to type. */
export const brokenClaims = (checks: readonly CheckResult[], pen: Pen): string[] => {
  const { paint, glyphs } = pen
  return checks
    .filter((one) => one.verdict !== 'True')
    .flatMap((one) => {
      const sign = one.verdict === 'False' ? paint.red(glyphs.bad) : paint.yellow(glyphs.unknown)
      const lines = [`${sign} ${paint.bold(one.id)}  ${one.machine ? `${one.machine}: ` : ''}${one.claim}`, `    seen: ${one.evidence}`]
      if (one.problem) lines.push(...problemLines(one.problem, paint, () => undefined).map((line) => `    ${line}`))
      return lines
    })
}
