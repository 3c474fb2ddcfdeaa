import type { Event } from '../../model/event.js'
import { duration } from '../duration.js'
import type { Glyphs } from '../glyphs.js'
import type { Palette } from '../style.js'

type Started = Extract<Event, { type: 'drill.fault.started' }>
type Done = Extract<Event, { type: 'drill.fault.done' }>

const phases: Readonly<Record<string, string>> = {
  prepare: 'arming the undo',
  baseline: 'measuring before',
  break: 'breaking',
  hold: 'in force',
  mend: 'mending',
  settle: 'measuring after',
  redundancy: 'waiting for redundancy',
}

/** A phase of a fault in a word or two. */
export const phaseWords = (phase: string): string => phases[phase] ?? phase

const many = (victims: readonly string[]): string => (victims.length > 4 ? `${victims.length} machines` : victims.join(', '))

const limit = (ms: number | null): string => (ms === null ? '' : ms === 0 ? ', predicted none' : `, predicted ${duration(ms)}`)

/** "3/40  etcd leader killed: cp-2 (predicted 600 ms)". */
export const startedLine = ({ n, of, title, role, victims, predictedMs }: Started): string => {
  const where = victims.length > 0 ? `: ${many(victims)}` : role === 'nothing' ? '' : `: nobody is ${role}`
  return `${n}/${of}  ${title}${where}${predictedMs === null || predictedMs === 0 ? '' : ` (predicted ${duration(predictedMs)})`}`
}

/** One line a fault: verdict, what was broken where, what clients felt, when redundancy was back; and why, if it is no pass. */
export const doneLines = (event: Done, glyphs: Glyphs, paint: Palette): string[] => {
  const { n, of, title, victims, verdict, spanMs, longestMs, predictedMs, redundancyMs, reasons } = event
  const sign = verdict === 'pass' ? paint.green(glyphs.good) : verdict === 'fail' ? paint.red(glyphs.bad) : paint.yellow(glyphs.unknown)
  const word = verdict === 'pass' ? paint.green('pass') : verdict === 'fail' ? paint.red('FAIL') : paint.yellow('not evaluated')
  const felt = spanMs < 0.5 ? 'no request failed' : `${duration(spanMs)} (longest run ${duration(longestMs)}${limit(predictedMs)})`
  const back = redundancyMs === null ? '' : `  redundant after ${duration(redundancyMs)}`
  const where = victims.length > 0 ? `  ${paint.dim(many(victims))}` : ''
  const lines = [`${sign} ${paint.dim(`${n}/${of}`)} ${title}${where}  ${felt}${back}  ${word}`]
  if (event.safety === 'violated') lines.push(`    ${paint.red('writes were not safe')}`)
  if (verdict !== 'pass') lines.push(...reasons.slice(0, 4).map((one) => `    ${one}`))
  return lines
}
