import { describe } from '../../model/codes.js'
import type { Event } from '../../model/event.js'
import { duration } from '../duration.js'
import type { Glyphs } from '../glyphs.js'
import type { Palette } from '../style.js'
import { doneLines } from './drill-words.js'

/**
 * The lines that one event leaves behind for good, on a terminal above the live picture. Most events leave none: an ended stage,
 * a failure, a note, a warning and a claim that turned false do.
 */
export const lastingLines = (event: Event, glyphs: Glyphs, paint: Palette, stageTitle: (id: string) => string): string[] => {
  switch (event.type) {
    case 'stage.done':
      return [`${paint.green(glyphs.good)} ${stageTitle(event.stage)}  ${paint.dim(duration(event.ms))}`]
    case 'step.failed': {
      const where = event.machine ? `${paint.bold(event.machine)} ` : ''
      const words = describe(event.problem)
      const lines = [`${paint.red(glyphs.bad)} ${where}${event.title}: ${paint.bold(event.problem.code)} ${words.message}`]
      if (event.detail)
        lines.push(
          ...event.detail
            .trimEnd()
            .split('\n')
            .slice(0, 8)
            .map((line) => paint.dim(`    ${line}`)),
        )
      return lines
    }
    case 'note': {
      const where = event.machine ? `${event.machine}: ` : ''
      return event.level === 'warning' ? [`${paint.yellow('!')} ${where}${event.text}`] : [`${paint.dim('-')} ${where}${event.text}`]
    }
    case 'warned': {
      const { code, machine } = event.problem
      const words = describe(event.problem)
      const where = machine ? `${machine}: ` : ''
      return [
        `${paint.yellow('!')} ${where}${paint.bold(code)} ${words.message}`,
        ...(words.remedy ? [paint.dim(`    next: ${words.remedy.split('\n')[0]}`)] : []),
      ]
    }
    case 'drill.fault.done':
      return doneLines(event, glyphs, paint)
    case 'check.changed':
      if (event.result.verdict !== 'False') return []
      return [`${paint.yellow(glyphs.warn)} not yet: ${event.result.claim} ${paint.dim(`(${event.result.evidence})`)}`]
    default:
      return []
  }
}
