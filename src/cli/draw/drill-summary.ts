import type { JudgedRun } from '../../drill/judge-run.js'
import type { DomainReport, DrillReport, FaultReport } from '../../report/drill-report.js'
import { count, listed, milliseconds, plural } from '../../report/format.js'
import { summaryOf } from '../../report/summary.js'
import { headlineOf } from '../../report/verdict.js'
import { table } from '../output/table.js'
import type { Pen } from './topology.js'

/** A fault that broke a limit or was not evaluated is always told; with `wide`, all of them. */
export interface DrillSummaryOptions {
  wide?: boolean
  /** Where the HTML report lies. */
  html?: string
  leftOut?: readonly { id: string; because: string }[]
}

const word: Record<FaultReport['verdict'], string> = { pass: 'pass', fail: 'FAIL', 'not-evaluated': 'not evaluated' }

const verdictCell = (verdict: FaultReport['verdict'], { paint }: Pen): string =>
  verdict === 'pass' ? paint.green(word.pass) : verdict === 'fail' ? paint.red(word.fail) : paint.yellow(word['not-evaluated'])

const limit = (ms: number | null): string => (ms === null ? 'no bound' : milliseconds(ms))

const faultRows = (report: DrillReport, pen: Pen): string[][] =>
  report.faults.map((fault) => {
    const probe = headlineOf(fault)
    return [
      fault.id,
      fault.victim.machines.length > 4 ? plural(fault.victim.machines.length, 'machine') : fault.victim.machines.join(','),
      limit(fault.predicted.worstMs),
      probe ? milliseconds(probe.spanMs) : '-',
      probe ? milliseconds(probe.longestMs) : '-',
      fault.redundancy.tookMs === undefined ? '-' : milliseconds(fault.redundancy.tookMs),
      fault.safety.verdict === 'valid' ? 'safe' : fault.safety.verdict,
      verdictCell(fault.verdict, pen),
    ]
  })

/** The longest span that each class of clients felt in any fault but the controls. */
export const worstByClass = (report: DrillReport): { probe: string; spanMs: number; longestMs: number; fault: string }[] => {
  const worst = new Map<string, { probe: string; spanMs: number; longestMs: number; fault: string }>()
  for (const fault of report.faults.filter((one) => one.control === undefined))
    for (const { probe, spanMs, longestMs } of fault.measured) {
      if (probe.endsWith(' (undo)')) continue
      // Servers and machines of one class together: `API server directly: cp-1`.
      const name = probe.split(': ')[0] ?? probe
      const before = worst.get(name)
      if (!before || spanMs > before.spanMs) worst.set(name, { probe: name, spanMs, longestMs, fault: fault.id })
    }
  return [...worst.values()]
}

const domainLine = (domains: readonly DomainReport[], verdict: DomainReport['verdict']): string | undefined => {
  const own = domains.filter((one) => one.verdict === verdict)
  if (own.length === 0) return undefined
  const by = (kind: DomainReport['kind']): string[] => own.filter((one) => one.kind === kind).map((one) => one.domain)
  const parts = [
    ['machines', by('machine')],
    ['zones', by('zone')],
    ['components', by('component')],
  ] as const
  return parts.flatMap(([name, list]) => (list.length > 0 ? [`${name} ${listed(list)}`] : [])).join('; ')
}

/** The end of a drill for people: verdict in a sentence, what is not well, worst outage of each class, failure domains, score, where the report is. */
export const drillSummary = (
  { report, notes }: Pick<JudgedRun, 'report' | 'notes'>,
  pen: Pen,
  options: DrillSummaryOptions = {},
): string[] => {
  const { paint, glyphs } = pen
  const summary = summaryOf(report)
  const lines: string[] = []
  const tone = { good: paint.green(glyphs.good), bad: paint.red(glyphs.bad), open: paint.yellow(glyphs.warn) }[summary.tone]
  lines.push(`${tone} ${paint.bold(summary.label)}: ${summary.sentence}`, `  ${summary.basis}`)
  for (const note of notes) lines.push(`  ${paint.yellow('!')} ${note}`)
  const shown = options.wide ? report : { ...report, faults: report.faults.filter((one) => one.verdict !== 'pass') }
  if (shown.faults.length > 0)
    lines.push(
      '',
      ...table(['FAULT', 'VICTIM', 'PREDICTED', 'MEASURED', 'LONGEST', 'REDUNDANT', 'WRITES', 'VERDICT'], faultRows(shown, pen))
        .trimEnd()
        .split('\n'),
    )
  for (const fault of report.faults.filter((one) => one.verdict !== 'pass')) {
    lines.push(
      '',
      `${fault.verdict === 'fail' ? paint.red(glyphs.bad) : paint.yellow(glyphs.unknown)} ${paint.bold(fault.id)}: ${fault.title}`,
    )
    for (const { says } of fault.reasons) lines.push(`    ${says}`)
  }
  const worst = worstByClass(report)
  if (worst.length > 0) {
    const rows = worst.map((one) => [one.probe, milliseconds(one.spanMs), milliseconds(one.longestMs), one.spanMs < 0.5 ? '-' : one.fault])
    lines.push('', ...table(['WORST OUTAGE OF', 'SPAN', 'LONGEST', 'FAULT'], rows).trimEnd().split('\n'))
  }
  lines.push('')
  for (const verdict of ['proven', 'disproved', 'not proven'] as const) {
    const said = domainLine(report.domains, verdict)
    if (said) lines.push(`${verdict.padEnd(11)} ${said}`)
  }
  const { score } = report
  lines.push(
    `score       ${paint.bold(`${score.value} of 100`)}${score.because.length > 0 ? paint.dim(` (${score.because.join('; ')})`) : ''}`,
  )
  if (report.comparison) {
    const rows = report.comparison.rows
    const having = (change: string): number => rows.filter((one) => one.change === change).length
    lines.push(
      `compared    ${having('better')} better, ${having('worse')} worse, ${having('same')} the same against ${report.comparison.against}`,
    )
  }
  if (options.leftOut && options.leftOut.length > 0)
    lines.push(
      `left out    ${plural(options.leftOut.length, 'fault')}: ${options.leftOut.map((one) => `${one.id} (${one.because})`).join('; ')}`,
    )
  lines.push(`writes      ${count(summary.acknowledgedWrites)} acknowledged`)
  if (options.html) lines.push(`report      ${options.html}`)
  return lines
}
