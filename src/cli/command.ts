import type { Context } from './context.js'

/** One flag as data. `flags` is spelled as commander reads it: '-o, --output <format>', '--no-color', '--workers <count>'. */
export interface FlagSpec {
  flags: string
  about: string
  choices?: readonly string[]
  default?: string | number
  /** Text is turned into this; a wrong one ends in Q4903. Default text. */
  kind?: 'text' | 'count' | 'seconds'
}

export interface ArgumentSpec {
  name: string
  about: string
  required?: boolean
  variadic?: boolean
  choices?: readonly string[]
  /** What the shell offers at this place. */
  completes?: 'file' | 'machine' | 'code' | 'command'
}

export interface Example {
  run: string
  why: string
}

export interface Given {
  /** Positional arguments in order; a variadic one is spread at the end. */
  args: string[]
  flags: Record<string, string | number | boolean | undefined>
}

/**
 * One command as data: parser, help, completion and docs/reference/commands.md are all made from it.
 * Files of commands import nothing heavy at their top; what they need is imported inside `run`.
 */
export interface CommandSpec {
  /** Words after `quorate`: 'up', 'config validate'. */
  path: string
  /** One line: what it is for. Starts with a verb, no full stop. */
  summary: string
  /** A few sentences for somebody who does not know the idea yet. */
  about?: string
  arguments?: readonly ArgumentSpec[]
  flags?: readonly FlagSpec[]
  examples: readonly Example[]
  /** What on this computer or on the machines is different afterwards. */
  changes: string
  /** Exit statuses that this command can end with, beside 2 for wrong usage. */
  exits: readonly (keyof typeof exitStatuses)[]
  /** Words after the first positional are not ours: they go to another program as they are. */
  passThrough?: boolean
  run(given: Given, context: Context): Promise<number>
}

/** A word that only groups commands ('config'). */
export interface GroupSpec {
  path: string
  summary: string
}

export const exitStatuses = {
  0: 'done, or nothing to do',
  1: 'failed',
  2: 'wrong usage or a bad cluster file; nothing was changed',
  3: 'the plan has changes (plan --exit-code)',
  4: 'a check or drill did not hold',
  5: 'a machine or endpoint could not be reached in time',
  130: 'interrupted',
} as const

export const defineCommand = (spec: CommandSpec): CommandSpec => spec
