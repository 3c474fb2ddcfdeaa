import { Command, CommanderError } from 'commander'
import { fault } from '../model/problem.js'
import type { CommandSpec, FlagSpec, GroupSpec } from './command.js'
import { commonFlags } from './help.js'
import { nearest } from './suggest.js'
import { longFlag } from './usage.js'

/** What the words of a command line mean. */
export type Parsed =
  | { kind: 'run'; spec: CommandSpec; args: string[]; flags: Record<string, unknown> }
  | { kind: 'help'; path: string; flags: Record<string, unknown> }

const addFlags = (command: Command, flags: readonly FlagSpec[]): void => {
  for (const flag of flags) if (!flag.flags.includes('--help')) command.option(flag.flags, flag.about)
  command.helpOption(false)
  command.option('-h, --help')
}

/** Commander only splits words; every value is judged by usage.ts, so that a wrong one gets a code and a remedy like any other problem. */
const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpCommand(false)
    .allowExcessArguments(true)

const build = (
  argv: readonly string[],
  commands: readonly CommandSpec[],
  groups: readonly GroupSpec[],
  done: (parsed: Parsed) => void,
): Command => {
  // Telling the parser all flags of every command is a tenth of what `--help` takes: only of those that can be meant.
  const isSaid = ({ path }: { path: string }): boolean => argv.includes(path.split(' ')[0] ?? path)
  const root = quiet(new Command('quorate')).enablePositionalOptions()
  addFlags(root, commonFlags)
  root.option('-V, --version')
  root.argument('[word]').action((word: string | undefined) => {
    const flags = writtenFlags(root)
    if (word !== undefined) throw unknownCommand(word, '', commands, groups)
    if (flags.version) done({ kind: 'run', spec: commands.find((one) => one.path === 'version') as CommandSpec, args: [], flags })
    else done({ kind: 'help', path: '', flags })
  })
  const parents = new Map<string, Command>()
  for (const group of groups.filter(isSaid)) {
    const parent = quiet(root.command(group.path)).enablePositionalOptions()
    addFlags(parent, commonFlags)
    parent.argument('[word]').action((word: string | undefined) => {
      const flags = writtenFlags(parent)
      if (word !== undefined) throw unknownCommand(word, group.path, commands, groups)
      done({ kind: 'help', path: group.path, flags })
    })
    parents.set(group.path, parent)
  }
  for (const spec of commands.filter(isSaid)) addCommand(spec, root, parents, done)
  return root
}

const addCommand = (spec: CommandSpec, root: Command, parents: ReadonlyMap<string, Command>, done: (parsed: Parsed) => void): void => {
  const words = spec.path.split(' ')
  const parent = words.length > 1 ? parents.get(words[0] ?? '') : root
  const command = quiet((parent ?? root).command(words.at(-1) ?? spec.path))
  addFlags(command, [...(spec.flags ?? []), ...commonFlags])
  if (spec.passThrough) command.passThroughOptions()
  command.argument('[words...]').action((args: string[]) => {
    const flags = writtenFlags(command)
    done(flags.help ? { kind: 'help', path: spec.path, flags } : { kind: 'run', spec, args, flags })
  })
}

/** Flags that were really written, anywhere on the line; commander's own merge would let a default of an outer word win. */
const writtenFlags = (command: Command): Record<string, unknown> => {
  const flags: Record<string, unknown> = command.parent ? writtenFlags(command.parent) : {}
  for (const [name, value] of Object.entries(command.opts())) if (command.getOptionValueSource(name) === 'cli') flags[name] = value
  return flags
}

const unknownCommand = (word: string, group: string, commands: readonly CommandSpec[], groups: readonly GroupSpec[]) => {
  const all = [...commands.map((one) => one.path), ...groups.map((one) => one.path)]
  const inside = group ? all.filter((path) => path.startsWith(`${group} `)).map((path) => path.slice(group.length + 1)) : all
  const near = nearest(word, inside) ?? nearest(word, all)
  const full = near && inside.includes(near) && group ? `${group} ${near}` : near
  const remedy = full ? `did you mean: quorate ${full}` : `quorate ${group ? `${group} ` : ''}--help lists every command`
  return fault('Q4901', { word: group ? `${group} ${word}` : word, remedy })
}

const unknownFlag = (error: CommanderError, argv: readonly string[], commands: readonly CommandSpec[]) => {
  const given = /'([^']+)'/.exec(error.message)?.[1] ?? ''
  const path = argv.filter((word) => !word.startsWith('-'))
  const spec = commands.find((one) => one.path === path.slice(0, one.path.split(' ').length).join(' '))
  const name = given.split(/[ ,=]/)[0] ?? given
  if (error.code === 'commander.optionMissingArgument') {
    const long = /--[a-z-]+/.exec(given)?.[0] ?? name
    return fault('Q4903', { command: spec?.path ?? '', what: `${long} needs a value`, remedy: `quorate ${spec?.path ?? ''} --help` })
  }
  const known = [...(spec?.flags ?? []), ...commonFlags].map(longFlag)
  const near = nearest(name, known)
  const remedy = near ? `did you mean ${near}?` : `quorate ${spec ? `${spec.path} ` : ''}--help lists its flags`
  return fault('Q4902', { flag: name, command: spec ? `quorate ${spec.path}` : 'quorate', remedy })
}

/** The words of a command line turned into a command with raw values, or a wish for help. Throws Faults Q4901, Q4902, Q4903. */
export const parse = (argv: readonly string[], commands: readonly CommandSpec[], groups: readonly GroupSpec[]): Parsed => {
  let parsed: Parsed | undefined
  const root = build(argv, commands, groups, (value) => {
    parsed = value
  })
  try {
    root.parse(argv as string[], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) throw unknownFlag(error, argv, commands)
    throw error
  }
  return parsed ?? { kind: 'help', path: '', flags: {} }
}
