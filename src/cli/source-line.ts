const widest = 100

/**
 * The line of a file made ready to be shown: tabs as one space, cut around the column when it is long.
 * `caret` is the place of the mark in the shown text, `length` how many letters of the word it underlines. Columns count from 1.
 */
export const sourceLine = (line: string, column: number): { shown: string; caret: number; length: number } => {
  const flat = line.replace(/\r$/, '').replaceAll('\t', ' ')
  const start = Math.min(Math.max(0, column - 1), flat.length)
  const word = /^("[^"]*"|'[^']*'|[^\s,{}[\]]+)/.exec(flat.slice(start))?.[0] ?? ''
  const length = Math.max(1, Math.min(word.replace(/:$/, '').length, widest / 2))
  if (flat.length <= widest) return { shown: flat, caret: start, length }
  const from = Math.max(0, Math.min(start - widest / 2, flat.length - widest))
  const lead = from > 0 ? '…' : ''
  const tail = from + widest < flat.length ? '…' : ''
  return { shown: `${lead}${flat.slice(from, from + widest)}${tail}`, caret: start - from + lead.length, length }
}
