import type { Lane, Segment } from '../drill-report.js'
import { milliseconds } from '../format.js'
import { labelWidth, overlaps, plotRight, type Window, xAt } from './axis.js'
import { html, type Markup, px } from './markup.js'

/** Full size for the close-up; the overview is lower, so that a fault fits on a printed page. */
export interface LaneSize {
  height: number
  /** Of the geometry that is drawn for 24 pixels. */
  scale: number
  font: number
}
export const tall: LaneSize = { height: 24, scale: 1, font: 11 }
export const low: LaneSize = { height: 15, scale: 15 / 24, font: 9.5 }

/** What is drawn, and how: shared by all lanes of one timeline. */
export interface View {
  window: Window
  /** Subtracted from recorded times. */
  shiftMs: number
  /** Machines that can lead, for their colours. */
  names: readonly string[]
  size: LaneSize
}

const words: Record<Segment['kind'], string> = {
  ok: 'answered',
  failing: 'failing',
  degraded: 'slow',
  owner: 'holds the virtual IP',
  holder: 'leads',
  open: 'connected',
  void: 'prober stalled, not counted',
  missing: 'missing',
}

/** Colour of a machine as leader: the same in every lane and every fault; its name always stands beside it. */
export const hueOf = (name: string, names: readonly string[]): string => `var(--h${Math.max(0, names.indexOf(name)) % 6})`

const tooltip = (lane: Lane, segment: Segment, shiftMs: number): string =>
  `${lane.name}: ${segment.label ? `${segment.label} ` : ''}${words[segment.kind]}, ${milliseconds(segment.toMs - segment.fromMs)} from ${((segment.fromMs - shiftMs) / 1000).toFixed(3)} s`

/** One segment. Failing is tall and hatched, answered thin and plain: the difference is one of shape first. */
const bar = (lane: Lane, segment: Segment, y: number, view: View): Markup | undefined => {
  const { window, shiftMs, names, size } = view
  const k = size.scale
  const from = segment.fromMs - shiftMs
  const to = segment.toMs - shiftMs
  if (!overlaps(from, to, window)) return undefined
  const x = xAt(from, window)
  const wide = Math.max(1.2, xAt(to, window) - x)
  const title = html`<title>${tooltip(lane, segment, shiftMs)}</title>`
  const box = (top: number, height: number, fill: string, more?: Markup): Markup =>
    html`<rect x="${px(x)}" y="${px(y + top * k)}" width="${px(wide)}" height="${px(height * k)}" rx="1.5" fill="${fill}" ${more}>${title}</rect>`
  const label = (text: string | undefined): Markup | undefined =>
    text !== undefined && wide > text.length * size.font * 0.6 + 10
      ? html`<text x="${px(x + 6)}" y="${px(y + 12 * k + size.font * 0.36)}" font-size="${size.font}" style="fill:#fff">${text}</text>`
      : undefined
  switch (segment.kind) {
    case 'ok':
    case 'open':
      return box(10, 4, 'var(--ok)')
    case 'failing':
      return html`${box(4, 16, 'var(--bad-fill)')}${wide > 5 && html`<rect x="${px(x)}" y="${px(y + 4 * k)}" width="${px(wide)}" height="${px(16 * k)}" fill="url(#hatch)" pointer-events="none"/>`}`
    case 'missing':
      return html`${box(6, 12, 'none', html`stroke="var(--bad-fill)" stroke-width="1.4" stroke-dasharray="4 2.5"`)}${
        wide > 70 &&
        html`<text x="${px(x + 6)}" y="${px(y + 12 * k + size.font * 0.36)}" font-size="${size.font}" class="soft">${segment.label ?? 'missing'}</text>`
      }`
    case 'degraded':
      return box(7, 10, 'var(--open-fill)')
    case 'void':
      return box(7, 10, 'var(--void)')
    case 'owner':
      return html`${box(4, 16, 'var(--owner)')}${label(segment.label ?? 'holds the VIP')}`
    case 'holder':
      return html`${box(4, 16, hueOf(segment.label ?? '', names))}${label(segment.label)}`
  }
}

/** A lane with its name; failed requests stand as single ticks below the bar, so that one among many is seen. */
export const drawLane = (lane: Lane, y: number, view: View): Markup => {
  const { window, shiftMs, size } = view
  const failed = lane.points
    .map((one) => ({ ...one, atMs: one.atMs - shiftMs }))
    .filter((one) => one.atMs >= window.fromMs && one.atMs <= window.toMs)
  // Ticks that would fall on the same pixel are drawn once.
  const pixels = new Map<number, (typeof failed)[number]>()
  for (const point of failed) {
    const x = Math.round(xAt(point.atMs, window))
    if (!pixels.has(x)) pixels.set(x, point)
  }
  return html`<g><text x="${labelWidth - 10}" y="${px(y + size.height / 2 + 4)}" font-size="${size === tall ? 12 : 10.5}" text-anchor="end">${lane.name.length > 25 ? `${lane.name.slice(0, 24)}…` : lane.name}</text>
<path d="M${labelWidth} ${px(y + size.height - 0.5)}H${plotRight}" stroke="var(--rule)"/>
${lane.segments.map((segment) => bar(lane, segment, y, view))}
${[...pixels].map(([x, point]) =>
  point.kind === 'failed'
    ? html`<path d="M${x} ${px(y + 20 * size.scale)}v${px(3.5 * size.scale)}" stroke="var(--bad)" stroke-width="1.1"><title>failed${point.label ? `: ${point.label}` : ''}, ${(point.atMs / 1000).toFixed(3)} s</title></path>`
    : html`<circle cx="${x}" cy="${px(y + size.height / 2)}" r="${px(3.5 * size.scale)}" fill="var(--accent-fill)"><title>${point.label ?? 'event'}, ${(point.atMs / 1000).toFixed(3)} s</title></circle>`,
)}</g>`
}
