import type { FlagSpec } from '../command.js'
import type { Context } from '../context.js'

export const outputFlag = (choices: readonly string[], about = 'How to print the result'): FlagSpec => ({
  flags: '-o, --output <format>',
  about: `${about}: ${choices.join(', ')}`,
  choices,
})

/** Prints a value as JSON or YAML on stdout. Returns false for every other format, which the caller prints itself. */
export const printStructured = async (value: unknown, format: unknown, context: Context): Promise<boolean> => {
  if (format === 'json') {
    context.out.write(`${JSON.stringify(value, null, 2)}\n`)
    return true
  }
  if (format === 'yaml') {
    const { stringify } = await import('yaml')
    context.out.write(stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 }))
    return true
  }
  return false
}
