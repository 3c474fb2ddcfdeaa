import type { Plan, PlannedStep } from '../../model/plan.js'
import { table } from '../output/table.js'
import { problemLines } from '../problems.js'
import type { Pen } from './topology.js'

const named = 6

const machinesText = (steps: readonly PlannedStep[]): string => {
  const machines = steps.flatMap((step) => (step.machine ? [step.machine] : []))
  if (machines.length <= named) return machines.join(', ')
  return `${machines.slice(0, named).join(', ')} and ${machines.length - named} more`
}

/** A plan in words, stage by stage; the same work on several machines is one line, so 500 machines fit on a page. */
export const planLines = (plan: Plan, pen: Pen): string[] => {
  const { paint, glyphs } = pen
  const count = (state: PlannedStep['state']) => plan.steps.filter((step) => step.state === state).length
  const todo = count('todo')
  const blocked = count('blocked')
  const lines = [
    todo + blocked === 0
      ? `${paint.green(glyphs.good)} ${paint.bold(plan.cluster)}: nothing to do, ${count('done')} steps are done`
      : `${paint.bold(plan.cluster)}: ${todo} to do, ${count('done')} done${blocked > 0 ? `, ${paint.red(`${blocked} blocked`)}` : ''}`,
  ]
  for (const stage of plan.stages) {
    const open = plan.steps.filter((step) => step.stage === stage.id && step.state !== 'done')
    if (open.length === 0) continue
    const groups = new Map<string, PlannedStep[]>()
    for (const step of open) {
      const key = [step.title, step.state, step.reason ?? '', step.risk].join('\n')
      groups.set(key, [...(groups.get(key) ?? []), step])
    }
    lines.push('', paint.bold(stage.title))
    for (const steps of groups.values()) {
      const first = steps[0]
      if (!first) continue
      const where = machinesText(steps)
      const sign = first.state === 'blocked' ? paint.red(glyphs.bad) : paint.cyan('+')
      const risk = first.risk === 'none' ? '' : paint.yellow(`  [${first.risk}]`)
      const reason = first.reason ? paint.dim(`  (${first.reason})`) : ''
      lines.push(`  ${sign} ${first.title}${where ? `: ${where}` : ''}${risk}${reason}`)
      if (first.problem) lines.push(...problemLines(first.problem, paint, () => undefined).map((line) => `    ${line}`))
    }
  }
  return lines
}

export const planTable = (plan: Plan): string =>
  table(
    ['STEP', 'STATE', 'MACHINE', 'LANE', 'RISK', 'REASON'],
    plan.steps.map((step) => [step.id, step.state, step.machine, step.lane, step.risk, step.reason]),
  )
