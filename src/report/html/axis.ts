import { html, type Markup, px } from './markup.js'

/** A stretch of time on a strip of pixels. Times are relative to the moment the fault took effect. */
export interface Window {
  fromMs: number
  toMs: number
}

export const labelWidth = 168
export const chartWidth = 1080
export const plotRight = chartWidth - 14

export const xAt = (atMs: number, { fromMs, toMs }: Window): number =>
  labelWidth + ((Math.min(toMs, Math.max(fromMs, atMs)) - fromMs) / (toMs - fromMs)) * (plotRight - labelWidth)

export const overlaps = (from: number, to: number, window: Window): boolean => to > window.fromMs && from < window.toMs

/** Round distances between ticks: 1, 2 or 5 times a power of ten, at most nine ticks. */
const stepOf = ({ fromMs, toMs }: Window): number => {
  const rough = (toMs - fromMs) / 9
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? 10 * power
}

/** Seconds, with the digits that the step needs. */
const tickText = (ms: number, stepMs: number): string => {
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  const text = (Math.abs(ms) / 1000).toFixed(digits)
  return ms === 0 ? '0 s' : `${ms < 0 ? '\u2212' : '+'}${text} s`
}

/** Vertical lines and times from `top` to `bottom`. */
export const axis = (window: Window, top: number, bottom: number): Markup => {
  const step = stepOf(window)
  const ticks: number[] = []
  for (let i = Math.ceil(window.fromMs / step); i * step <= window.toMs; i++) ticks.push(i * step)
  return html`${ticks.map((ms) => {
    const x = px(xAt(ms, window))
    const anchor = xAt(ms, window) > plotRight - 12 ? 'end' : 'middle'
    return html`<path d="M${x} ${top}V${bottom}" stroke="var(--rule)"/><text x="${x}" y="${bottom + 14}" font-size="11" text-anchor="${anchor}" class="soft">${tickText(ms, step)}</text>`
  })}`
}

export interface Moment {
  atMs: number
  text: string
  strong: boolean
}

/** Named moments above the lanes; names that would touch move to a row of their own. Returns the height used. */
export const moments = (all: readonly Moment[], window: Window): { height: number; draw: (offset: number, bottom: number) => Markup } => {
  const rowHeight = 16
  const ends: number[] = []
  const placed = all
    .filter((one) => one.atMs >= window.fromMs && one.atMs <= window.toMs)
    .sort((a, b) => a.atMs - b.atMs)
    .map((one) => {
      const x = xAt(one.atMs, window)
      const wide = one.text.length * 6.4 + 14
      // A name near the right edge stands to the left of its line.
      const before = x + wide > plotRight + 10
      const from = before ? x - wide : x
      let row = ends.findIndex((end) => end <= from)
      if (row < 0) row = ends.length
      ends[row] = from + wide
      return { ...one, x, before, row }
    })
  return {
    height: Math.max(1, ends.length) * rowHeight + 4,
    draw: (offset, bottom) =>
      html`${placed.map(({ x, row, before, text, strong }) => {
        const y = offset + row * rowHeight + 11
        return html`<path d="M${px(x)} ${y - 9}V${bottom}" stroke="var(--${strong ? 'ink' : 'faint'})" stroke-width="${strong ? 1.6 : 1}" ${strong ? '' : html`stroke-dasharray="3 3"`}/><text x="${px(before ? x - 5 : x + 5)}" y="${y}" font-size="11.5" ${strong ? html`font-weight="650"` : ''} text-anchor="${before ? 'end' : 'start'}">${text}</text>`
      })}`,
  }
}
