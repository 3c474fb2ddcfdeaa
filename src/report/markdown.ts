import type { DrillReport, FaultReport } from './drill-report.js'
import { bytes, count, milliseconds, moment, plural } from './format.js'
import { summaryOf } from './summary.js'
import { headlineOf } from './verdict.js'

/** Text that stays text in Markdown and in the cell of a table. */
const md = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replace(/^([-+]\s)/, '\\$1')
    .replace(/^(\d+)([.)]\s)/, '$1\\$2')

const word: Record<FaultReport['verdict'], string> = { pass: 'pass', fail: '**FAIL**', 'not-evaluated': 'not evaluated' }

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
]

const faultRow = (fault: FaultReport): string[] => {
  const probe = headlineOf(fault)
  const { worstMs } = fault.predicted
  return [
    md(fault.title) + (fault.control ? ' (control)' : ''),
    md(fault.victim.machines.join(', ') || fault.victim.role),
    worstMs === null ? 'no bound' : milliseconds(worstMs),
    probe ? milliseconds(probe.spanMs) : '-',
    probe ? milliseconds(probe.longestMs) : '-',
    probe ? `${count(probe.failed)} of ${count(probe.total)}` : '-',
    fault.safety.verdict,
    fault.redundancy.back ? (fault.redundancy.tookMs === undefined ? 'back' : milliseconds(fault.redundancy.tookMs)) : '**not back**',
    String(Math.max(1, fault.repeats.length)),
    word[fault.verdict],
  ]
}

const why = (fault: FaultReport): string[] => [
  `### ${md(fault.title)}: ${fault.verdict === 'fail' ? 'failed' : 'not evaluated'}`,
  '',
  ...fault.reasons.map((one) => `- ${md(one.says)}`),
  ...fault.safety.properties.flatMap((one) => (one.witness ? [`- Witness: ${md(one.witness.says)}`] : [])),
  '',
]

/** The report as Markdown (GitHub's tables): for a pull request or a ticket. The page with the timelines is html.ts. */
export const reportMarkdown = (report: DrillReport): string => {
  const summary = summaryOf(report)
  const { cluster, computer, score } = report
  const lines = [
    `# Failover drill: ${md(cluster.name)}`,
    '',
    `**${md(summary.sentence)}**`,
    '',
    md(summary.basis),
    '',
    `Score **${score.value}** of 100${score.because.length > 0 ? ` (${score.because.map(md).join('; ')})` : ''}. Controls: ${summary.controls}.`,
    '',
    `${moment(report.startedAt)}, quorate ${md(report.quorate)}, Kubernetes ${md(cluster.kubernetesVersion)}, ${md(cluster.topology)}, ${md(cluster.balancer)}, timing profile ${md(report.timing.name)}, took ${milliseconds(report.tookMs)}.`,
    '',
    '## Faults',
    '',
    ...table(
      [
        'Fault',
        'Victim',
        'Predicted at most',
        'Measured span',
        'Longest run',
        'Failed requests',
        'Write safety',
        'Redundancy back',
        'Runs',
        'Verdict',
      ],
      report.faults.map(faultRow),
    ),
    '',
    'Span: from the first failed request to the last. Longest run: failures without a success between.',
    '',
  ]
  const open = report.faults.filter((one) => one.verdict !== 'pass')
  if (open.length > 0) lines.push('## What did not pass', '', ...open.flatMap(why))
  lines.push(
    '## Failure domains',
    '',
    ...table(
      ['Domain', 'Loss is survived', 'Because'],
      report.domains.map((one) => [
        `${one.kind} ${md(one.domain)}`,
        one.verdict === 'disproved' ? '**disproved**' : one.verdict,
        md(one.because.join('; ')),
      ]),
    ),
    '',
  )
  const { comparison } = report
  if (comparison) {
    lines.push(
      `## Against ${md(comparison.against)}`,
      '',
      ...(comparison.differences.length > 0 ? [`Not the same conditions: ${comparison.differences.map(md).join('; ')}.`, ''] : []),
      ...table(
        ['Fault', 'Now', 'Then', 'Change', 'Because'],
        comparison.rows.map((one) => [
          md(one.title),
          one.nowMs === undefined ? '-' : milliseconds(one.nowMs),
          one.thenMs === undefined ? '-' : milliseconds(one.thenMs),
          one.ratio === undefined ? one.change : `${one.change} (${one.ratio.toFixed(1)} times)`,
          md(one.because),
        ]),
      ),
      '',
    )
  }
  lines.push(
    '## Where it was measured',
    '',
    `${computer.lab ? 'Machines made on one computer' : 'Hosts over SSH'}; drilled from: ${computer.cpus} x ${md(computer.cpuModel)}, ${bytes(computer.memoryBytes)}, ${md(computer.os)}, Linux ${md(computer.kernel)}. ${plural(cluster.machines.length, 'machine')}.`,
    '',
  )
  return lines.join('\n')
}
