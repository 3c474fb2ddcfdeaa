import { fault } from '../../model/problem.js'
import { defineCommand } from '../command.js'
import { nearest } from '../suggest.js'

export const configExplain = defineCommand({
  path: 'config explain',
  summary: 'Explain a field of the cluster file',
  arguments: [{ name: 'field', about: 'Path of a field, for example spec.timing; without it, all fields' }],
  examples: [
    { run: 'quorate config explain spec.timing', why: 'one field, and those inside it' },
    { run: 'quorate config explain', why: 'every field with type and default' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const rows = await (await context.load.config()).fields()
    const asked = given.args[0]?.replace(/^\./, '').replace(/\[\d*\]/g, '[]')
    const matches = asked
      ? rows.filter((row) => row.path === asked || row.path.startsWith(`${asked}.`) || row.path.startsWith(`${asked}[]`))
      : rows
    if (matches.length === 0) {
      const near = nearest(
        asked ?? '',
        rows.map((row) => row.path),
      )
      const remedy = near ? `did you mean ${near}?` : 'quorate config explain lists all fields'
      throw fault('Q4903', { command: 'config explain', what: `the cluster file has no field ${asked}`, remedy })
    }
    const one = matches.find((row) => row.path === asked)
    const paint = context.outPalette
    if (one)
      context.out.write(
        `${paint.bold(one.path)}  ${one.type}${one.default === 'required' ? ', required' : one.default ? `, default ${one.default}` : ''}\n\n${one.about}\n`,
      )
    const inside = matches.filter((row) => row !== one)
    if (inside.length > 0) {
      const { table } = await import('../output/table.js')
      const cells = inside.map((row) => [row.path, row.type, row.default, row.about])
      context.out.write(`${one ? '\n' : ''}${table(['FIELD', 'TYPE', 'DEFAULT', 'MEANING'], cells)}`)
    }
    return 0
  },
})
