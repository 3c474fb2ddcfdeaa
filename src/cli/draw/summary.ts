import { duration } from '../duration.js'
import { cutTo, padTo, widthOf } from '../style.js'
import type { ApplyResult, BudgetRow } from '../verbs.js'
import { brokenClaims, claimsLine } from './claims.js'
import { plainMarks } from './marks.js'
import { drawTopology, type Pen } from './topology.js'

const gap = (row: BudgetRow): string => {
  if (row.highMs <= 0) return 'nothing'
  if (!Number.isFinite(row.highMs)) return 'until mended'
  if (row.lowMs === row.highMs) return duration(row.highMs)
  if (row.lowMs <= 0) return `up to ${duration(row.highMs)}`
  const [low = '', unit] = duration(row.lowMs).split(' ')
  return duration(row.highMs).endsWith(` ${unit}`)
    ? `${low} to ${duration(row.highMs)}`
    : `${duration(row.lowMs)} to ${duration(row.highMs)}`
}

/** What users would feel, predicted from the timing profile, one failure a line. */
export const budgetLines = (rows: readonly BudgetRow[], pen: Pen): string[] => {
  const left = Math.max(...rows.map((row) => widthOf(row.failure)))
  const middle = Math.max(...rows.map((row) => widthOf(gap(row))))
  const room = pen.columns - left - middle - 8
  return rows.map((row) => {
    const because = row.because.length <= room ? `   ${pen.paint.dim(row.because)}` : ''
    return `  ${padTo(row.failure, left)}   ${padTo(gap(row), middle)}${because}`.trimEnd()
  })
}

const stageLines = (result: ApplyResult, pen: Pen): string[] => {
  const { paint, glyphs } = pen
  const left = Math.max(...result.stages.map((stage) => widthOf(stage.title)))
  const longest = Math.max(1, ...result.stages.map((stage) => stage.ms))
  const wide = Math.max(8, Math.min(30, pen.columns - left - 16))
  return result.stages.map((stage) => {
    const length = Math.max(stage.ms > 0 ? 1 : 0, Math.round((stage.ms / longest) * wide))
    return `  ${padTo(stage.title, left)}   ${duration(stage.ms).padStart(8)}  ${paint.cyan(glyphs.bar.full.repeat(length))}`
  })
}

/** More were a whole cluster, of which everything was missing. */
const fewChanges = 8

/** After a repair: what was not as the file says. */
const changeLines = ({ changes }: ApplyResult, { paint, columns }: Pen): string[] => {
  const left = Math.max(...changes.map(({ step }) => widthOf(step)))
  return changes.map(({ step, reason }) => cutTo(`  ${padTo(step, left)}   ${paint.dim(reason)}`, columns))
}

const nextLines = (result: ApplyResult, file: string | undefined, pen: Pen): string[] => {
  const name = file === undefined || file === 'cluster.yaml' ? '' : ` ${file}`
  const rows: [string, string][] = [
    [`quorate kubectl${name ? ` --file${name}` : ''} get nodes`, 'talk to it'],
    [`quorate status -w${name}`, 'watch it'],
    [`export KUBECONFIG=${result.kubeconfigPath}`, 'for your own kubectl, helm and k9s'],
    [`quorate down${name}`, 'take it away again'],
  ]
  const left = Math.max(...rows.map(([command]) => command.length))
  if (left > pen.columns - 40) return rows.map(([command]) => `  ${command}`)
  return rows.map(([command, why]) => `  ${padTo(command, left)}   ${pen.paint.dim(why)}`)
}

/** The page at the end of up and apply: the picture, where the time went, what a failure would cost, what holds, what to type next. */
export const summaryLines = (result: ApplyResult, file: string | undefined, pen: Pen): string[] => {
  const { paint, glyphs } = pen
  const { cluster } = result
  const broken = result.checks.filter((one) => one.verdict !== 'True').length
  const sign = broken > 0 ? paint.red(glyphs.bad) : paint.green(glyphs.good)
  const what = result.alreadyUp
    ? `${cluster.name} is as its file says; nothing to do`
    : broken > 0
      ? `${cluster.name} was built, but not every claim holds`
      : `${cluster.name} is up in ${duration(result.ms)}`
  const facts = [...(result.alreadyUp || broken > 0 ? [duration(result.ms)] : []), `Kubernetes ${cluster.kubernetesVersion}`]
  if (result.changed > 0) facts.push(`${result.changed} steps done`)
  const lines = [`${sign} ${paint.bold(what)}  ${paint.dim(facts.join(', '))}`]
  if (result.changes.length > 0 && result.changes.length <= fewChanges)
    lines.push('', paint.bold('What was missing'), ...changeLines(result, pen))
  if (!result.alreadyUp || broken > 0) lines.push('', ...drawTopology(cluster, plainMarks(cluster), pen))
  if (!result.alreadyUp && result.stages.length > 0) lines.push('', paint.bold('Where the time went'), ...stageLines(result, pen))
  if (!result.alreadyUp && result.budget.length > 0) {
    lines.push(
      '',
      `${paint.bold('What a failure would cost')} ${paint.dim(`(predicted for timing profile ${cluster.timing}, not measured)`)}`,
    )
    lines.push(...budgetLines(result.budget, pen))
  }
  if (result.checks.length > 0)
    lines.push('', claimsLine(result.checks, pen), ...brokenClaims(result.checks, pen).map((line) => `  ${line}`))
  lines.push('', paint.bold('Next'), ...nextLines(result, file, pen))
  return lines
}
