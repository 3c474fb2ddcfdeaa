import { codes } from '../../model/codes.js'
import type { CommandSpec } from '../command.js'
import { groups } from '../table.js'
import { bashScript } from './bash.js'
import { fishScript } from './fish.js'
import { completionWords, firstWords } from './words.js'
import { zshScript } from './zsh.js'

/** The completion script of one shell, made from the table of commands. */
export const script = async (shell: 'bash' | 'zsh' | 'fish', commands: readonly CommandSpec[]): Promise<string> => {
  const words = completionWords(commands, Object.keys(codes).sort())
  const first = firstWords(words, new Map(groups.map((group) => [group.path, group.summary])))
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](words, first)
}
