import { type CommandSpec, exitStatuses, type FlagSpec, type GroupSpec } from './command.js'
import { type Palette, padTo, widthOf } from './style.js'

/** Flags that every command takes. */
export const commonFlags: readonly FlagSpec[] = [
  { flags: '-q, --quiet', about: 'Show no progress; results and problems still come' },
  { flags: '--plain', about: 'Progress as plain lines, without redrawing' },
  { flags: '--no-color', about: 'No colours (also: NO_COLOR=1); FORCE_COLOR=1 forces them' },
  { flags: '--verbose', about: 'Show what led to a problem' },
  { flags: '-h, --help', about: 'Show this page' },
]

/** Environment variables that the command line reads. */
export const environment: readonly { name: string; about: string }[] = [
  { name: 'QUORATE_FILE', about: 'Cluster file to use when a command is given none' },
  { name: 'QUORATE_STATE', about: 'Where keys, journals and labs of clusters are kept (default /var/lib/quorate)' },
  { name: 'QUORATE_ASCII', about: 'Any value: draw with ASCII only' },
  { name: 'NO_COLOR, FORCE_COLOR', about: 'Colours off, colours on' },
]

export const usageOf = (spec: CommandSpec): string => {
  const places = (spec.arguments ?? []).map((argument) => {
    const name = argument.variadic ? `${argument.name}...` : argument.name
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return ['quorate', spec.path, ...(spec.flags?.length ? ['[flags]'] : []), ...places].join(' ')
}

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const paragraph of text.trim().split('\n')) {
    let line = ''
    for (const word of paragraph.trim().split(/\s+/)) {
      if (line && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line)
        line = word
      } else line = line ? `${line} ${word}` : word
    }
    lines.push(line)
  }
  return lines
}

const pairs = (rows: readonly (readonly [string, string])[], paint: Palette, columns: number): string[] => {
  const left = Math.min(30, Math.max(...rows.map(([name]) => widthOf(name))))
  return rows.flatMap(([name, about]) => {
    const [first = '', ...rest] = wrap(about, Math.max(30, columns - left - 5))
    return [`  ${padTo(paint.cyan(name), left)}   ${first}`, ...rest.map((line) => `  ${' '.repeat(left)}   ${line}`)]
  })
}

const flagRows = (flags: readonly FlagSpec[]): [string, string][] =>
  flags.map((flag) => [flag.flags, flag.default === undefined ? flag.about : `${flag.about} (default ${flag.default})`])

/** The page of one command: what it is for, how to call it, examples, what it changes, flags, exit statuses. */
export const commandHelp = (spec: CommandSpec, paint: Palette, columns: number): string => {
  const width = Math.min(columns, 100)
  const title = (text: string) => paint.bold(text)
  const lines = [`${title(`quorate ${spec.path}`)}  ${spec.summary}`, '']
  if (spec.about) lines.push(...wrap(spec.about, width), '')
  lines.push(`${title('Usage')}  ${usageOf(spec)}`, '', title('Examples'))
  for (const example of spec.examples) lines.push(`  ${paint.dim(`# ${example.why}`)}`, `  ${example.run}`)
  lines.push('', title('What it changes'), ...wrap(spec.changes, width - 2).map((line) => `  ${line}`))
  if (spec.arguments?.length) {
    const rows = spec.arguments.map((one): [string, string] => [
      one.name,
      one.choices ? `${one.about}: ${one.choices.join(', ')}` : one.about,
    ])
    lines.push('', title('Arguments'), ...pairs(rows, paint, width))
  }
  if (spec.flags?.length) lines.push('', title('Flags'), ...pairs(flagRows(spec.flags), paint, width))
  lines.push('', title('Flags of every command'), ...pairs(flagRows(commonFlags), paint, width))
  const exits = exitsOf(spec).map((status): [string, string] => [String(status), exitStatuses[status]])
  lines.push('', title('Exit status'), ...pairs(exits, paint, width))
  return `${lines.join('\n')}\n`
}

/** Wrong usage can happen to every command, so 2 is always among them. */
export const exitsOf = (spec: CommandSpec): (keyof typeof exitStatuses)[] => {
  const all = new Set([...spec.exits, 2 as const])
  return (Object.keys(exitStatuses).map(Number) as (keyof typeof exitStatuses)[]).filter((status) => all.has(status))
}

/** The page of a word that groups commands. */
export const groupHelp = (group: GroupSpec, commands: readonly CommandSpec[], paint: Palette, columns: number): string => {
  const inside = commands.filter((spec) => spec.path.startsWith(`${group.path} `))
  const rows = inside.map((spec): [string, string] => [spec.path, spec.summary])
  const lines = [`${paint.bold(`quorate ${group.path}`)}  ${group.summary}`, '', paint.bold('Commands'), ...pairs(rows, paint, columns)]
  return `${lines.join('\n')}\n\nquorate ${group.path} <command> --help tells more about each.\n`
}

export interface HelpSection {
  title: string
  /** First words of the commands, in order. */
  words: readonly string[]
}

/** The first page: one sentence, where to start, every command in a line. */
export const rootHelp = (
  sections: readonly HelpSection[],
  entries: ReadonlyMap<string, string>,
  paint: Palette,
  columns: number,
): string => {
  const width = Math.min(columns, 100)
  const left = Math.max(...[...entries.keys()].map(widthOf))
  const lines = [
    ...wrap(
      'quorate builds highly available Kubernetes clusters from one file, out of the real components, on machines made on this computer or on hosts of yours, and checks every claim it makes about them.',
      width,
    ),
    '',
    paint.bold('Start here'),
    `  quorate up       ${paint.dim('# a cluster of seven machines, on this computer, as root')}`,
    `  quorate status   ${paint.dim('# how it is')}`,
    `  quorate down     ${paint.dim('# nothing is left of it')}`,
  ]
  for (const section of sections) {
    lines.push('', paint.bold(section.title))
    for (const word of section.words) lines.push(`  ${padTo(paint.cyan(word), left)}   ${entries.get(word) ?? ''}`)
  }
  lines.push(
    '',
    paint.bold('Environment'),
    ...pairs(
      environment.map((one): [string, string] => [one.name, one.about]),
      paint,
      width,
    ),
  )
  const exits = Object.entries(exitStatuses).map(([status, about]): [string, string] => [status, about])
  lines.push('', paint.bold('Exit status'), ...pairs(exits, paint, width))
  lines.push('', 'quorate <command> --help shows examples and what a command changes.', '')
  return lines.join('\n')
}
