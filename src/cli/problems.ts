import { describe } from '../model/codes.js'
import { Fault, type Position, type Problem } from '../model/problem.js'
import { sourceLine } from './source-line.js'
import type { Palette } from './style.js'

const excerpt = (at: Position, paint: Palette, read: (at: Position) => string | undefined): string[] => {
  const text = read(at)
  if (text === undefined) return []
  const { shown, caret, length } = sourceLine(text, at.column)
  const number = String(at.line).padStart(6)
  return [`${paint.dim(`${number} |`)} ${shown}`, `${paint.dim(`${' '.repeat(6)} |`)} ${' '.repeat(caret)}${paint.red('^'.repeat(length))}`]
}

/**
 * One problem in words: what and where, the line of the file with a mark under it, and the next thing to type.
 * `read` gives the line of the user's file that a position names, or undefined when there is none.
 */
export const problemLines = (problem: Problem, paint: Palette, read: (at: Position) => string | undefined): string[] => {
  const words = describe(problem)
  const label = problem.severity === 'warning' ? paint.yellow('warning') : paint.red('error')
  const machine = problem.machine ? `${paint.bold(problem.machine)}: ` : ''
  const lines = [`${label} ${paint.bold(problem.code)}: ${machine}${words.message}`]
  if (problem.at) {
    const { file, line, column, path } = problem.at
    lines.push(`  ${paint.cyan(`${file}:${line}:${column}`)}${path ? `  ${paint.dim(path)}` : ''}`, ...excerpt(problem.at, paint, read))
  }
  for (const [index, part] of words.remedy.split('\n').entries()) {
    if (part) lines.push(`${index === 0 ? `  ${paint.dim('next:')}` : '       '} ${part}`)
  }
  return lines
}

/** The same problem on several machines is told once, with all their names. */
const merged = (problems: readonly Problem[]): Problem[] => {
  const groups = new Map<string, { problem: Problem; machines: string[] }>()
  for (const one of problems) {
    const key = JSON.stringify([one.code, one.severity, one.data, one.at])
    const group = groups.get(key) ?? { problem: one, machines: [] }
    if (one.machine && !group.machines.includes(one.machine)) group.machines.push(one.machine)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ problem, machines }) => (machines.length > 1 ? { ...problem, machine: machines.join(', ') } : problem))
}

/** Several problems in their order, and one hint to the longer pages. */
export const problemsText = (problems: readonly Problem[], paint: Palette, read: (at: Position) => string | undefined): string => {
  const blocks = merged(problems).map((problem) => problemLines(problem, paint, read).join('\n'))
  const explained = [...new Set(problems.map((problem) => problem.code))].slice(0, 3)
  const hint = `  ${paint.dim('more:')} ${explained.map((code) => `quorate explain ${code}`).join(', ')}`
  return `${[...blocks].join('\n')}\n${hint}\n`
}

/** The status this process ends with: that of the first error; warnings alone end in 0. */
export const exitOf = (problems: readonly Problem[]): number => {
  const first = problems.find((problem) => problem.severity === 'error')
  return first ? describe(first).exit : 0
}

/** Faults inside whatever was thrown, also those of a parallel failure, each once. */
export const faultsOf = (thrown: unknown): Fault[] => {
  if (thrown instanceof Fault) return [thrown]
  if (thrown instanceof AggregateError) return thrown.errors.flatMap(faultsOf)
  return []
}

/** What led to a fault, outermost first, one line each: faults in words, other errors by their message. */
export const causesOf = (thrown: unknown): string[] => {
  const lines: string[] = []
  let current = thrown instanceof Error ? thrown.cause : undefined
  while (current instanceof Error && lines.length < 5) {
    lines.push(current instanceof Fault ? `${current.problem.code}: ${describe(current.problem).message}` : current.message)
    current = current.cause
  }
  return lines
}
