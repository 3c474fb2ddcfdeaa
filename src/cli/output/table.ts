import { padTo, widthOf } from '../style.js'

/**
 * Rows as kubectl prints them: titles in capitals, columns three spaces apart, no lines; an empty value is `<none>`.
 * Widths are those of the visible text, so cells may carry colours.
 */
export const table = (titles: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string => {
  const cells = [titles, ...rows.map((row) => titles.map((_, i) => row[i] || '<none>'))]
  const widths = titles.map((_, column) => cells.reduce((most, row) => Math.max(most, widthOf(row[column] ?? '')), 0))
  const line = (row: readonly string[]) => row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join('   ')
  return `${cells.map((row) => line(row).trimEnd()).join('\n')}\n`
}
