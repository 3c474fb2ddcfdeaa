import { type CommandSpec, exitStatuses } from '../command.js'
import { commonFlags, environment, exitsOf, type HelpSection, usageOf } from '../help.js'
import { code, generatedNote, markdownTable } from './markdown.js'

const flagTable = (flags: NonNullable<CommandSpec['flags']>): string =>
  markdownTable(
    ['Flag', 'What it does', 'Default'],
    flags.map((flag) => [code(flag.flags), flag.about, flag.default === undefined ? '' : code(String(flag.default))]),
  )

const section = (spec: CommandSpec): string => {
  const parts = [`### quorate ${spec.path}`, `${spec.summary}.`]
  if (spec.about) parts.push(spec.about)
  parts.push(['```', usageOf(spec), '```'].join('\n'))
  parts.push(['```sh', ...spec.examples.flatMap((one) => [`# ${one.why}`, one.run]), '```'].join('\n'))
  if (spec.arguments?.length) {
    const rows = spec.arguments.map((one) => [
      code(one.name),
      one.choices ? `${one.about}: ${one.choices.map(code).join(', ')}` : one.about,
    ])
    parts.push(markdownTable(['Argument', 'What it is'], rows))
  }
  if (spec.flags?.length) parts.push(flagTable(spec.flags))
  parts.push(`**What it changes.** ${spec.changes}`)
  parts.push(
    `**Exit status.** ${exitsOf(spec)
      .map((status) => `${status} ${exitStatuses[status]}`)
      .join('; ')}.`,
  )
  return parts.join('\n\n')
}

/** docs/reference/commands.md, in the order of the first help page. */
export const commandsPage = (commands: readonly CommandSpec[], sections: readonly HelpSection[]): string => {
  const parts = [
    '# Commands',
    generatedNote,
    'Results go to standard output, progress and problems to standard error. Without a file argument, commands use the file named by `QUORATE_FILE`, then `./cluster.yaml`, then the built-in cluster `demo`.',
    '## Flags of every command',
    flagTable(commonFlags),
    '## Environment',
    markdownTable(
      ['Variable', 'What it does'],
      environment.map((one) => [one.name.split(', ').map(code).join(', '), one.about]),
    ),
    '## Exit status',
    markdownTable(
      ['Status', 'Meaning'],
      Object.entries(exitStatuses).map(([status, about]) => [status, about]),
    ),
  ]
  for (const { title, words } of sections) {
    const inside = words.flatMap((word) => commands.filter((one) => one.path.split(' ')[0] === word))
    if (inside.length > 0) parts.push(`## ${title}`, ...inside.map(section))
  }
  return `${parts.join('\n\n')}\n`
}
