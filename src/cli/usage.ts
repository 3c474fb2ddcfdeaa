import { fault } from '../model/problem.js'
import type { CommandSpec, FlagSpec, Given } from './command.js'
import { nearest } from './suggest.js'

/** '--output' out of '-o, --output <format>'. */
export const longFlag = (flag: FlagSpec): string => /--[a-z-]+/.exec(flag.flags)?.[0] ?? flag.flags
/** '-o', or undefined. */
export const shortFlag = (flag: FlagSpec): string | undefined => /^-[a-zA-Z](?=,|\s|$)/.exec(flag.flags)?.[0]
/** The name under which a flag's value is given to a command: `exitCode` for '--exit-code'. */
export const flagKey = (flag: FlagSpec): string =>
  longFlag(flag)
    .replace(/^--(no-)?/, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
export const takesValue = (flag: FlagSpec): boolean => flag.flags.includes('<')

const refuse = (command: string, what: string, remedy: string) => fault('Q4903', { command, what, remedy })

const numberOf = (flag: FlagSpec, text: string, command: string): number => {
  const value = Number(text)
  const fits = flag.kind === 'count' ? Number.isInteger(value) && value >= 0 : Number.isFinite(value) && value > 0
  if (text.trim() === '' || !fits) {
    const wanted = flag.kind === 'count' ? 'a whole number of 0 or more' : 'a number of seconds above 0'
    throw refuse(command, `${longFlag(flag)} takes ${wanted}, not "${text}"`, `write ${longFlag(flag)} with ${wanted}`)
  }
  return value
}

const oneOf = (what: string, value: string, choices: readonly string[], command: string): void => {
  if (choices.includes(value)) return
  const near = nearest(value, choices)
  const remedy = near ? `did you mean "${near}"? All: ${choices.join(', ')}` : `use one of: ${choices.join(', ')}`
  throw refuse(command, `${what} cannot be "${value}"`, remedy)
}

/** What the parser read, made sure of: choices, numbers, missing and surplus arguments. Throws Fault Q4903. */
export const checkGiven = (spec: CommandSpec, given: { args: string[]; flags: Record<string, unknown> }): Given => {
  const flags: Given['flags'] = {}
  for (const flag of spec.flags ?? []) {
    const value = given.flags[flagKey(flag)] ?? flag.default
    if (value === undefined) continue
    if (flag.choices) oneOf(longFlag(flag), String(value), flag.choices, spec.path)
    const isNumber = flag.kind === 'count' || flag.kind === 'seconds'
    flags[flagKey(flag)] = isNumber ? numberOf(flag, String(value), spec.path) : (value as string | boolean)
  }
  const places = spec.arguments ?? []
  for (const [index, place] of places.entries()) {
    const value = given.args[index]
    if (value === undefined) {
      if (place.required) throw refuse(spec.path, `${place.name} is missing: ${place.about}`, `quorate ${spec.path} --help`)
      continue
    }
    if (place.choices) oneOf(place.name, value, place.choices, spec.path)
  }
  const surplus = given.args[places.length]
  if (surplus !== undefined && !places.at(-1)?.variadic) {
    throw refuse(spec.path, `"${surplus}" is one argument too many`, `quorate ${spec.path} --help`)
  }
  return { args: given.args, flags }
}
