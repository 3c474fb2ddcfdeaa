import type { DrillReport, FaultReport } from './drill-report.js'
import { milliseconds } from './format.js'
import { headlineOf } from './verdict.js'

/** Text for an XML 1.0 attribute or element: the five named characters, and no character that XML forbids. */
const xml = (text: string): string =>
  text
    // Lone surrogates and most control characters are not allowed in XML at all, not even as references.
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)

const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(3)

const propertiesOf = (fault: FaultReport): [string, string][] => {
  const probe = headlineOf(fault)
  const { worstMs, formula } = fault.predicted
  const entries: [string, string | undefined][] = [
    ['probe', probe?.probe ?? fault.predicted.probe],
    ['predicted_ms', worstMs === null ? undefined : String(Math.round(worstMs))],
    ['predicted_by', formula],
    ['measured_span_ms', probe && String(Math.round(probe.spanMs))],
    ['measured_longest_ms', probe && String(Math.round(probe.longestMs))],
    ['failed_requests', probe && String(probe.failed)],
    ['requests', probe && String(probe.total)],
    ['safety', fault.safety.verdict],
    ['acknowledged_writes', String(fault.safety.acknowledgedWrites)],
    ['redundancy_back_ms', fault.redundancy.tookMs === undefined ? undefined : String(Math.round(fault.redundancy.tookMs))],
    ['runs', String(Math.max(1, fault.repeats.length))],
  ]
  return entries.filter((one): one is [string, string] => one[1] !== undefined)
}

const messageOf = (fault: FaultReport): string => fault.reasons.map((one) => one.says).join('; ') || fault.verdict

const caseOf = (fault: FaultReport): string[] => {
  const machines = fault.victim.machines.join(', ')
  const name = `${fault.id} on ${fault.victim.role}${machines ? ` (${machines})` : ''}`
  const time = seconds(fault.timeline.toMs - fault.timeline.fromMs)
  const probe = headlineOf(fault)
  const detail = [
    ...fault.reasons.map((one) => `${one.kind}: ${one.says}`),
    ...(probe
      ? [
          `measured: ${milliseconds(probe.spanMs)} from first to last failure, longest run ${milliseconds(probe.longestMs)}, on ${probe.probe}`,
        ]
      : []),
    ...fault.safety.properties.flatMap((one) => (one.witness ? [`witness: ${one.witness.says}`] : [])),
  ].join('\n')
  const lines = [`    <testcase classname="quorate.drill.${xml(fault.category)}" name="${xml(name)}" time="${time}">`]
  lines.push('      <properties>')
  for (const [key, value] of propertiesOf(fault)) lines.push(`        <property name="${xml(key)}" value="${xml(value)}"/>`)
  lines.push('      </properties>')
  if (fault.verdict === 'fail')
    lines.push(`      <failure type="${xml(fault.reasons[0]?.kind ?? 'fail')}" message="${xml(messageOf(fault))}">${xml(detail)}</failure>`)
  if (fault.verdict === 'not-evaluated') lines.push(`      <skipped message="${xml(messageOf(fault))}"/>`)
  lines.push('    </testcase>')
  return lines
}

/** JUnit XML: a suite per category, a case per fault and victim, predicted and measured as properties. Not evaluated = skipped. */
export const reportJunit = (report: DrillReport): string => {
  const categories = [...new Set(report.faults.map((one) => one.category))]
  const counts = (faults: readonly FaultReport[]): string => {
    const having = (verdict: string): number => faults.filter((one) => one.verdict === verdict).length
    const time = seconds(faults.reduce((sum, one) => sum + one.timeline.toMs - one.timeline.fromMs, 0))
    return `tests="${faults.length}" failures="${having('fail')}" errors="0" skipped="${having('not-evaluated')}" time="${time}"`
  }
  const name = `quorate drill ${report.cluster.name}`
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="${xml(name)}" ${counts(report.faults)}>`]
  for (const category of categories) {
    const own = report.faults.filter((one) => one.category === category)
    lines.push(`  <testsuite name="${xml(category)}" timestamp="${xml(report.startedAt.replace(/(\.\d+)?Z$/, ''))}" ${counts(own)}>`)
    for (const one of own) lines.push(...caseOf(one))
    lines.push('  </testsuite>')
  }
  lines.push('</testsuites>')
  return `${lines.join('\n')}\n`
}
