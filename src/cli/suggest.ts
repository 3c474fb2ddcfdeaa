/** Steps of insert, delete, replace or swap between two short words (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)])
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = best
    }
  }
  return at(a.length, b.length)
}

/** The known word that was probably meant: a beginning of it, or at most a third of the letters wrong. Undefined when none is near. */
export const nearest = (given: string, known: readonly string[]): string | undefined => {
  const lower = given.toLowerCase()
  const begun = known.filter((word) => lower.length > 1 && word.toLowerCase().startsWith(lower))
  if (begun.length === 1) return begun[0]
  const ranked = known.map((word) => ({ word, far: distance(lower, word.toLowerCase()) })).sort((x, y) => x.far - y.far)
  const best = ranked[0]
  return best && best.far <= Math.max(1, Math.floor(Math.max(lower.length, best.word.length) / 3)) ? best.word : undefined
}
