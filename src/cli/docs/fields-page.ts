import type { FieldRow } from '../load.js'
import { code, generatedNote, markdownTable } from './markdown.js'

/** docs/reference/fields.md: every field of the cluster file with type, default and meaning. */
export const fieldsPage = (rows: readonly FieldRow[]): string =>
  `${[
    '# Fields of the cluster file',
    generatedNote,
    'A field that is not listed here is refused, with its line and column. `quorate config explain FIELD` prints the same in a terminal, `quorate config defaults` shows a file with every default written out, and `quorate config schema` prints the JSON Schema for editors.',
    markdownTable(
      ['Field', 'Type', 'Default', 'Meaning'],
      rows.map((row) => [code(row.path), row.type, row.default ? code(row.default) : '', row.about]),
    ),
  ].join('\n\n')}\n`
