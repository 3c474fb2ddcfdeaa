import type { CommandSpec, FlagSpec } from '../command.js'
import { commonFlags } from '../help.js'
import { longFlag, shortFlag, takesValue } from '../usage.js'

export interface FlagWords {
  long: string
  short?: string
  about: string
  takesValue: boolean
  choices: readonly string[]
  isFile: boolean
}

/** What a shell offers after one command: flags, and words or files for its arguments. */
export interface CommandWords {
  path: string
  summary: string
  flags: FlagWords[]
  /** Per position: fixed words, files, or names of machines asked at completion time. The last repeats when the argument is variadic. */
  places: { words: readonly string[]; from: 'words' | 'file' | 'machine' | 'none' }[]
}

const flagWords = (flag: FlagSpec): FlagWords => {
  const short = shortFlag(flag)
  return {
    long: longFlag(flag),
    ...(short ? { short } : {}),
    about: flag.about,
    takesValue: takesValue(flag),
    choices: flag.choices ?? [],
    isFile: flag.flags.includes('<file>') || flag.flags.includes('<archive>'),
  }
}

/** The table of commands, seen as a shell sees it. `codes` are offered where a problem code is wanted. */
export const completionWords = (commands: readonly CommandSpec[], codes: readonly string[]): CommandWords[] =>
  commands.map((spec) => ({
    path: spec.path,
    summary: spec.summary,
    flags: [...(spec.flags ?? []), ...commonFlags].map(flagWords),
    places: (spec.arguments ?? []).map((argument) => {
      if (argument.choices) return { words: argument.choices, from: 'words' }
      if (argument.completes === 'code') return { words: codes, from: 'words' }
      if (argument.completes === 'file' || argument.completes === 'machine') return { words: [], from: argument.completes }
      return { words: [], from: 'none' }
    }),
  }))

/** Words that may come first, with what they are for: commands, and once each word that groups some. */
export const firstWords = (all: readonly CommandWords[], groups: ReadonlyMap<string, string>): Map<string, string> => {
  const first = new Map<string, string>()
  for (const command of all) {
    const word = command.path.split(' ')[0] ?? command.path
    if (!first.has(word)) first.set(word, groups.get(word) ?? command.summary)
  }
  return first
}
