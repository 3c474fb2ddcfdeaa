/** Median and spread of some measurements, in the unit given. */
export interface Figure {
  name: string
  unit: string
  values: number[]
  goal?: { at: 'most' | 'least'; value: number }
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

export const median = (values: readonly number[]): number => {
  const all = sorted(values)
  const middle = Math.floor(all.length / 2)
  return all.length % 2 === 1 ? (all[middle] ?? Number.NaN) : ((all[middle - 1] ?? Number.NaN) + (all[middle] ?? Number.NaN)) / 2
}

const shown = (value: number): string => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1))

/** Rows of cells, aligned, on standard error. */
export const columns = (rows: readonly (readonly string[])[]): void => {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length))) ?? []
  for (const row of rows)
    console.error(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** A table for people on standard error, JSON on standard output. */
export const report = (title: string, figures: readonly Figure[], facts: Readonly<Record<string, unknown>> = {}): void => {
  const rows = figures.map((f) => {
    const all = sorted(f.values)
    const holds = f.goal && (f.goal.at === 'most' ? median(all) <= f.goal.value : median(all) >= f.goal.value)
    const goal = f.goal ? `${f.goal.at === 'most' ? '<=' : '>='} ${f.goal.value}  ${holds ? 'met' : 'MISSED'}` : ''
    const spread = `${shown(all[0] ?? Number.NaN)} .. ${shown(all.at(-1) ?? Number.NaN)}`
    return [f.name, `${shown(median(all))} ${f.unit}`, spread, String(all.length), goal]
  })
  const table = [['figure', 'median', 'min .. max', 'n', 'goal'], ...rows]
  console.error(`\n${title}`)
  columns(table)
  const data = figures.map((f) => ({ ...f, median: median(f.values), min: Math.min(...f.values), max: Math.max(...f.values) }))
  console.log(JSON.stringify({ title, at: new Date().toISOString(), ...facts, figures: data }, undefined, 2))
}
