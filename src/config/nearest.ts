/** Single-letter changes between two words, a swap of neighbours counting as one. */
const changes = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped))
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The known word most like the given one, case aside; undefined where more than half of its letters differ. */
export const nearestWord = (given: string, known: readonly string[]): string | undefined => {
  const ranked = known.map((word) => ({ word, far: changes(given.toLowerCase(), word.toLowerCase()) })).sort((x, y) => x.far - y.far)
  const best = ranked[0]
  return best && best.far <= Math.max(1, best.word.length / 2) ? best.word : undefined
}
