import { duration } from '../duration.js'
import type { Glyphs } from '../glyphs.js'
import { cutTo, type Palette, padTo, widthOf } from '../style.js'
import { type Amount, type Lane, type RunningStep, type RunState, remainingMs, stepWord } from './state.js'

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
  const room = columns - widthOf(right) - 2
  return `${padTo(cutTo(left, room), room)}  ${right}`
}

const stepLine = (name: string, step: RunningStep, more: number, state: RunState, columns: number, { glyphs, paint }: Look): string => {
  const others = more > 0 ? paint.dim(` +${more}`) : ''
  const amount = step.amount ? `  ${paint.dim(amountText(step.amount))}` : ''
  const note = step.amount?.note ? `  ${paint.dim(step.amount.note)}` : ''
  const time = paint.dim(ticking(state.nowMs - step.startedMs))
  return edge(`  ${paint.bold(name)}  ${paint.cyan(glyphs.run)} ${step.title}${others}${amount}${note}`, time, columns)
}

const laneLine = (lane: Lane, running: readonly RunningStep[], state: RunState, width: number, columns: number, look: Look): string => {
  const { glyphs, paint } = look
  const name = padTo(lane.machine, width)
  // The step that has run longest is the one people wait for.
  const [current] = running
  if (current) return stepLine(name, current, running.length - 1, state, columns, look)
  if (lane.failed > 0) return cutTo(`  ${paint.bold(name)}  ${paint.red(glyphs.bad)} ${lane.last ?? ''}`, columns)
  if (lane.done > 0) return cutTo(`  ${name}  ${paint.green(glyphs.good)} ${paint.dim(`${lane.last ?? ''}`)}`, columns)
  return cutTo(`  ${paint.dim(name)}  ${paint.dim(glyphs.wait)}`, columns)
}

export interface Look {
  glyphs: Glyphs
  paint: Palette
}

const hereName = 'this computer'
const hereMost = 6

/** Rank of a lane when there is not room for all: work and failure first, then rest, then waiting. */
const rank = (lane: Lane, busy: boolean): number => (lane.failed > 0 ? 0 : busy ? 1 : lane.done > 0 ? 2 : 3)

/**
 * The picture of a run at one moment, at most `rows` - 1 lines of at most `columns` columns. Lanes keep their order; when they are too
 * many the calm ones are counted instead of drawn.
 */
export const drawFrame = (state: RunState, size: FrameSize, tick: number, look: Look): string[] => {
  const { glyphs, paint } = look
  const columns = Math.max(20, size.columns - 1)
  const running = new Map<string, RunningStep[]>()
  for (const step of [...state.running.values()].sort((a, b) => a.startedMs - b.startedMs)) {
    running.set(step.machine, [...(running.get(step.machine) ?? []), step])
  }
  // Work of this computer (building the bundle) has no machine: each such step gets a line, for each has an amount of its own.
  const here = running.get('') ?? []
  const lanes = [...state.lanes.values()].filter((lane) => lane.machine !== '')

  const open = state.stages.filter((stage) => stage.ms === undefined).map((stage) => stage.title)
  const spin = glyphs.spin[tick % glyphs.spin.length] ?? ''
  const head = `${paint.cyan(spin)} ${paint.bold(`${state.verb} ${state.cluster}`.trim())}${open.length > 0 ? paint.dim(`  ${open.join(' · ')}`) : ''}`
  const lines = [edge(head, ticking(state.nowMs - state.startedMs), columns)]
  const total = Math.max(state.total, state.done)
  if (total > 0) {
    const checks = [...state.checks.values()]
    const held = checks.filter((one) => one.verdict === 'True').length
    const claims = checks.length > 0 ? `, ${held} of ${checks.length} claims hold` : ''
    const text = `${state.done} of ${total} ${stepWord(state.verb)}${claims}`
    const wide = Math.max(10, Math.min(40, columns - widthOf(text) - 4))
    lines.push(`  ${bar(state.done / total, wide, glyphs, paint)}  ${text}`)
  }
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
