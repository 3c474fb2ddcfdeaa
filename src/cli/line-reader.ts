import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Position } from '../model/problem.js'

/** Reads lines of the user's files for excerpts, each file once. A file that cannot be read, or standard input, gives undefined. */
export const lineReader = (cwd: string): ((at: Position) => string | undefined) => {
  const files = new Map<string, string[]>()
  return (at) => {
    let lines = files.get(at.file)
    if (!lines) {
      try {
        lines = readFileSync(resolve(cwd, at.file), 'utf8').split('\n')
      } catch {
        lines = []
      }
      files.set(at.file, lines)
    }
    return lines[at.line - 1]
  }
}
