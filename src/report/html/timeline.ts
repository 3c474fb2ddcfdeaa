import type { FaultReport, Lane, LaneGroup } from '../drill-report.js'
import { milliseconds } from '../format.js'
import { axis, chartWidth, labelWidth, type Moment, moments, overlaps, plotRight, type Window, xAt } from './axis.js'
import { drawLane, low, tall, type View } from './lanes.js'
import { html, type Markup, px } from './markup.js'

const groups: readonly LaneGroup[] = ['probe', 'watch', 'virtual-ip', 'leader', 'redundancy']
const groupGap = 7

/** Zero of the drawing: when the fault took effect, or when it was armed if it never did. */
const zeroOf = ({ times }: FaultReport): number => times.effectiveMs ?? times.armedMs ?? times.plannedMs

const momentsOf = (fault: FaultReport, zero: number): Moment[] => {
  const { armedMs, effectiveMs, healedMs, redundancyBackMs } = fault.times
  const at = (ms: number | undefined, text: string, strong: boolean): Moment[] =>
    ms === undefined ? [] : [{ atMs: ms - zero, text, strong }]
  return [
    ...at(armedMs, 'undo armed', false),
    ...at(effectiveMs, 'fault in force', true),
    ...at(healedMs, 'healed', true),
    ...at(redundancyBackMs, 'redundancy back', false),
  ]
}

/**
 * The window around the fault: from just before it to just after the last disturbance, so that 50 ms are seen in a drill of a minute.
 * undefined where the whole drill is hardly longer.
 */
const closeUp = (fault: FaultReport, zero: number, whole: Window): Window | undefined => {
  if (fault.times.effectiveMs === undefined) return undefined
  let last = 0
  for (const lane of fault.timeline.lanes) {
    if (lane.group === 'redundancy') continue
    for (const one of lane.segments) {
      if (one.kind === 'failing' || one.kind === 'missing') last = Math.max(last, one.toMs - zero)
      // A change of owner or leader soon after the fault belongs to it; one after healing does not.
      else if ((one.kind === 'owner' || one.kind === 'holder') && one.fromMs - zero < 10_000) last = Math.max(last, one.fromMs - zero)
    }
    for (const one of lane.points) if (one.kind === 'failed') last = Math.max(last, one.atMs - zero)
  }
  const width = Math.max(800, last * 1.25)
  const window = { fromMs: Math.max(whole.fromMs, -width * 0.12), toMs: Math.min(whole.toMs, width) }
  return (whole.toMs - whole.fromMs) / (window.toMs - window.fromMs) < 2 ? undefined : window
}

const draw = (fault: FaultReport, view: View, caption: string, mark?: Window): Markup => {
  const { window, shiftMs: zero, size } = view
  const lanes = groups.flatMap((group) => fault.timeline.lanes.filter((one) => one.group === group))
  const bottomOf = (top: number): number =>
    lanes.reduce((y, lane, i) => y + size.height + (i > 0 && lanes[i - 1]?.group !== lane.group ? groupGap : 0), top)
  const above = moments(momentsOf(fault, zero), window)
  const top = above.height
  const bottom = bottomOf(top)
  const { effectiveMs, healedMs } = fault.times
  const force = effectiveMs !== undefined && { fromMs: effectiveMs - zero, toMs: (healedMs ?? fault.timeline.toMs) - zero }
  let y = top
  let before: Lane | undefined
  const drawn = lanes.map((lane) => {
    if (before && before.group !== lane.group) y += groupGap
    before = lane
    const piece = drawLane(lane, y, view)
    y += size.height
    return piece
  })
  return html`<svg class="timeline" viewBox="0 0 ${chartWidth} ${px(bottom + 22)}" role="img" aria-label="${caption}"><title>${caption}</title><desc>${describe(fault, zero)}</desc>
${force && overlaps(force.fromMs, force.toMs, window) && html`<rect x="${px(xAt(force.fromMs, window))}" y="${top}" width="${px(Math.max(1, xAt(force.toMs, window) - xAt(force.fromMs, window)))}" height="${px(bottom - top)}" fill="var(--force)" opacity=".45"/>`}
${mark && html`<rect x="${px(xAt(mark.fromMs, window))}" y="${top - 2}" width="${px(Math.max(2, xAt(mark.toMs, window) - xAt(mark.fromMs, window)))}" height="${px(bottom - top + 4)}" fill="none" stroke="var(--accent)" stroke-width="1.3" stroke-dasharray="2 2"/>`}
${axis(window, top, bottom)}<path d="M${labelWidth} ${px(top)}V${px(bottom)}M${labelWidth} ${px(bottom)}H${plotRight}" stroke="var(--line)" fill="none"/>
${drawn}${above.draw(0, bottom)}</svg>`
}

/** The timeline in words, for who cannot see it. */
const describe = (fault: FaultReport, zero: number): string => {
  const parts = fault.timeline.lanes.map((lane) => {
    const failing = lane.segments.filter((one) => one.kind === 'failing' || one.kind === 'missing')
    const held = lane.segments.filter((one) => one.kind === 'holder' || one.kind === 'owner')
    if (failing.length > 0)
      return `${lane.name}: ${failing
        .slice(0, 5)
        .map((one) => `${milliseconds(one.toMs - one.fromMs)} away from ${((one.fromMs - zero) / 1000).toFixed(2)} s`)
        .join(', ')}${failing.length > 5 ? ` and ${failing.length - 5} more times` : ''}`
    if (held.length > 0)
      return `${lane.name}: ${held.map((one) => `${one.label ?? 'held'} from ${((one.fromMs - zero) / 1000).toFixed(2)} s`).join(', ')}`
    return `${lane.name}: ${lane.group === 'virtual-ip' ? 'never held' : 'undisturbed'}`
  })
  return `${parts.join('. ')}.`
}

/** Timeline of one fault: the moments around it close up, then the whole drill. One SVG each, readable without script. */
export const timelines = (fault: FaultReport, names: readonly string[]): Markup => {
  const zero = zeroOf(fault)
  const whole = { fromMs: fault.timeline.fromMs - zero, toMs: fault.timeline.toMs - zero }
  if (whole.toMs <= whole.fromMs || fault.timeline.lanes.length === 0) return html`<p class="small">No timeline was recorded.</p>`
  const close = closeUp(fault, zero, whole)
  const length = (window: Window): string => milliseconds(window.toMs - window.fromMs)
  return html`${close && html`<h4>Around the fault: ${length(close)}</h4>${draw(fault, { window: close, shiftMs: zero, names, size: tall }, `Timeline around ${fault.title}`)}`}
<h4>The whole drill: ${length(whole)}${close && html` <span class="small">(dashed frame: the part shown above)</span>`}</h4>
${draw(fault, { window: whole, shiftMs: zero, names, size: close ? low : tall }, `Timeline of the whole drill of ${fault.title}`, close)}`
}
