import { duration } from '../duration.js'
import type { Glyphs } from '../glyphs.js'
import { cutTo, type Palette, padTo, widthOf } from '../style.js'
import { type Amount, type Lane, type RunningStep, type RunState, remainingMs } from './state.js'

export interface FrameSize {
  columns: number
  rows: number
}

const bar = (part: number, width: number, glyphs: Glyphs, paint: Palette): string => {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width)
  return paint.cyan(glyphs.bar.full.repeat(full)) + paint.dim(glyphs.bar.empty.repeat(width - full))
}

/** "812 of 3,021 packages  27 %  about 4 min left". */
export const amountText = (amount: Amount): string => {
  const number = (value: number) => Math.round(value).toLocaleString('en')
  const parts = [`${number(amount.done)} of ${number(amount.total)} ${amount.unit}`]
  if (amount.unit === 'bytes') parts[0] = `${(amount.done / 1e6).toFixed(0)} of ${(amount.total / 1e6).toFixed(0)} MB`
  if (amount.total > 0) parts.push(`${Math.floor((100 * amount.done) / amount.total)} %`)
  const left = remainingMs(amount)
  if (left !== undefined && amount.done < amount.total) parts.push(`${timeLeft(left)} left`)
  return parts.join('  ')
}

/** Estimates are rounded the more the longer they are, so that they do not jump. */
const timeLeft = (ms: number): string => {
  if (ms >= 90_000) return `about ${Math.round(ms / 60_000)} min`
  if (ms > 20_000) return `about ${Math.round(ms / 10_000) * 10} s`
  return `about ${Math.max(1, Math.round(ms / 1000))} s`
}

/** A running time: nothing in the first second, for most steps are over by then and a flicker tells nobody anything. */
const ticking = (ms: number): string => (ms < 1000 ? '' : duration(ms))

const edge = (left: string, right: string, columns: number): string => {
  const room = size.rows - 1 - lines.length - 1
  const own = here.slice(0, Math.max(1, Math.min(hereMost, room - Math.min(lanes.length, 4))))
  const shown = fit(lanes, running, Math.max(1, room - own.length))
  const width = Math.max(own.length > 0 ? hereName.length : 0, ...shown.map((lane) => widthOf(lane.machine)))
  if (shown.length + own.length > 0) lines.push('')
  for (const [i, step] of own.entries()) {
    const more = i === own.length - 1 ? here.length - own.length : 0
    lines.push(stepLine(padTo(i === 0 ? hereName : '', width), step, more, state, columns, look))
  }
  for (const lane of shown) lines.push(laneLine(lane, running.get(lane.machine) ?? [], state, width, columns, look))
  if (shown.length < lanes.length) {
    const rest = lanes.filter((lane) => !shown.includes(lane))
    const busy = rest.filter((lane) => running.has(lane.machine)).length
    const resting = rest.filter((lane) => !running.has(lane.machine) && lane.done > 0).length
    lines.push(
      paint.dim(cutTo(`  and ${rest.length} more: ${busy} working, ${resting} resting, ${rest.length - busy - resting} waiting`, columns)),
    )
  }
  return lines.slice(0, Math.max(1, size.rows - 1)).map((line) => cutTo(line, columns))
}

const fit = (lanes: readonly Lane[], running: ReadonlyMap<string, unknown>, room: number): Lane[] => {
  if (lanes.length <= room) return [...lanes]
  const best = [...lanes].sort((a, b) => rank(a, running.has(a.machine)) - rank(b, running.has(b.machine))).slice(0, room - 1)
  const keep = new Set(best)
  return lanes.filter((lane) => keep.has(lane))
}
