import { eventTable } from './event-table.js'
import { code, generatedNote, markdownTable } from './markdown.js'

/** docs/reference/events.md: the stream that the terminal, `--output events` and the journal share. */
export const eventsPage = (): string => {
  const lines = [
    '# Events',
    generatedNote,
    'While quorate works it tells what happens as a stream of events. The live view, `--output events` (one JSON object a line on standard output) and the journal all render this one stream.',
    'Every event carries these fields:',
    markdownTable(
      ['Field', 'Meaning'],
      [
        [code('v'), 'version of this format: 1'],
        [code('seq'), 'number of the event in its run, counting from 0'],
        [code('at'), 'time of this computer, ISO 8601 in UTC'],
        [code('type'), 'one of the types below'],
      ],
    ),
    'New types and new fields may come within version 1; a reader leaves alone what it does not know.',
  ]
  for (const [type, { when, fields }] of Object.entries(eventTable)) {
    const rows = Object.entries(fields).map(([field, meaning]) => [code(field), String(meaning)])
    lines.push(`## ${type}`, when, markdownTable(['Field', 'Meaning'], rows))
  }
  return `${lines.join('\n\n')}\n`
}
