import type { FaultReport, Percentiles, ProbeResult } from '../drill-report.js'
import { count, median, milliseconds, plural } from '../format.js'
import { headlineOf } from '../verdict.js'
import { anchorOf } from './fault-table.js'
import { badge, markOfFault, markOfSafety, sign, wordOfFault } from './marks.js'
import { html, type Markup } from './markup.js'
import { timelines } from './timeline.js'

const fact = (name: string, value: Markup | string, more?: Markup | string): Markup =>
  html`<div><dt>${name}</dt><dd>${value}${more && html`<small>${more}</small>`}</dd></div>`

const quick = (fault: FaultReport): Markup => {
  const probe = headlineOf(fault)
  const { predicted, safety, redundancy, virtualIp } = fault
  const broken = safety.properties.filter((one) => one.verdict === 'violated').length
  return html`<dl class="quick">
${fact('Predicted at most', predicted.worstMs === null ? 'no limit' : predicted.worstMs < 0.5 ? 'nothing' : milliseconds(predicted.worstMs), predicted.formula)}
${fact(`Measured, ${probe?.probe ?? predicted.probe}`, probe ? (probe.spanMs < 0.5 ? 'nothing failed' : milliseconds(probe.spanMs)) : 'not probed', probe && probe.spanMs >= 0.5 ? `longest run ${milliseconds(probe.longestMs)}; ${count(probe.failed)} of ${count(probe.total)} failed; ± ${milliseconds(probe.uncertaintyMs)}` : probe && `${count(probe.total)} requests; ± ${milliseconds(probe.uncertaintyMs)}`)}
${virtualIp && fact('Virtual IP', virtualIp.gapMs < 0.5 ? 'no gap' : `${milliseconds(virtualIp.gapMs)} gap`, virtualIp.splitMs < 0.5 ? 'never on two machines' : `on two machines for ${milliseconds(virtualIp.splitMs)}`)}
${fact('Acknowledged writes', safety.verdict === 'valid' ? `all ${count(safety.acknowledgedWrites)} safe` : safety.verdict === 'unknown' ? 'not told for certain' : plural(broken, 'rule broken', 'rules broken'), `${safety.properties.filter((one) => one.verdict === 'valid').length} of ${safety.properties.length} rules hold`)}
${fact('Redundancy back', redundancy.back ? (redundancy.tookMs === undefined ? 'yes' : milliseconds(redundancy.tookMs)) : 'no', redundancy.limitMs === undefined ? 'after healing' : `after healing; limit ${milliseconds(redundancy.limitMs)}`)}
</dl>`
}

const latency = ({ p50, p99 }: Percentiles): string => {
  const part = (ms: number | null): string => (ms === null ? '-' : milliseconds(ms))
  return p50 === null && p99 === null ? '-' : `${part(p50)} / ${part(p99)}`
}

const errorsOf = (probe: ProbeResult): string =>
  Object.entries(probe.errors)
    .sort((a, b) => b[1] - a[1])
    .map(([what, times]) => `${what} ${count(times)}`)
    .join(', ')

const probes = (fault: FaultReport): Markup => html`<h4>What each class of client felt</h4>
<div class="scroll"><table><thead><tr><th scope="col">Client</th><th scope="col" class="n">Span</th><th scope="col" class="n">Longest run</th><th scope="col" class="n">Windows</th><th scope="col" class="n">Failed</th><th scope="col" class="n">Median / p99 before</th><th scope="col" class="n">during</th><th scope="col" class="n">after</th><th scope="col">Errors</th></tr></thead>
<tbody>${fault.measured.map(
  (one) =>
    html`<tr><th scope="row">${one.probe}</th><td class="n">${one.spanMs < 0.5 ? 'none' : milliseconds(one.spanMs)}</td><td class="n">${one.longestMs < 0.5 ? 'none' : milliseconds(one.longestMs)}</td><td class="n">${one.count}</td><td class="n">${count(one.failed)} of ${count(one.total)}${one.voided > 0 && html`<br><span class="small">${count(one.voided)} void</span>`}</td><td class="n">${latency(one.latency.before)}</td><td class="n">${latency(one.latency.during)}</td><td class="n">${latency(one.latency.after)}</td><td>${errorsOf(one) || html`<span class="small">none</span>`}</td></tr>`,
)}</tbody></table></div>`

const repeats = (fault: FaultReport): Markup | undefined => {
  if (fault.repeats.length < 2) return undefined
  const spans = fault.repeats.map((one) => one.spanMs)
  const failures = fault.repeats.filter((one) => one.verdict !== 'pass').length
  // Rule of three: no failure in n runs leaves a failure rate of at most 3/n with 95 % confidence.
  const bound =
    failures === 0
      ? `; no failure in ${spans.length} runs bounds the failure rate at ${Math.min(100, Math.round(300 / spans.length))} % (95 % confidence)`
      : `; ${failures} did not pass`
  return html`<p class="small">${spans.length} runs: ${spans.map(milliseconds).join(', ')}; median ${milliseconds(median(spans))}, from ${milliseconds(Math.min(...spans))} to ${milliseconds(Math.max(...spans))}${bound}.</p>`
}

const witnesses = (fault: FaultReport): Markup =>
  html`${fault.safety.properties
    .filter((one) => one.verdict !== 'valid')
    .map(
      (one) =>
        html`<div class="${one.verdict === 'violated' ? 'witness' : 'small'}"><b>${sign(markOfSafety(one.verdict), one.verdict)} ${one.title}</b><br>${one.because}.${one.witness && html`<br>${one.witness.says}`}</div>`,
    )}`

const proof = (name: string, { proven, says }: FaultReport['effectProof']): Markup =>
  html`<dt>${name}</dt><dd>${badge(proven ? 'good' : 'open', proven ? 'seen' : 'not seen')} ${says}</dd>`

/** Everything about one fault, on about one printed page: verdict, figures, timelines, clients, proofs, what is missing. */
export const faultSection = (fault: FaultReport, index: number, names: readonly string[]): Markup => {
  const mark = markOfFault(fault.verdict)
  const machines = fault.victim.machines.join(', ')
  const missing = fault.redundancy.claims.filter((one) => one.verdict !== 'True')
  const expected =
    fault.control === 'must-fail'
      ? 'Control: this outage must be caught.'
      : fault.control === 'must-hold'
        ? 'Control: nothing may fail here.'
        : ''
  return html`<section class="card fault ${mark}" id="${anchorOf(index)}" aria-labelledby="${anchorOf(index)}-title">
<header><h3 id="${anchorOf(index)}-title">${fault.title}</h3>${badge(mark, wordOfFault[fault.verdict])}
<div class="small">${expected} Victim: ${fault.victim.role}${machines && machines !== fault.victim.role && ` (${machines})`}. <span class="mono">${fault.id}</span></div></header>
${fault.reasons.length > 0 && html`<ul class="reasons">${fault.reasons.map((one) => html`<li>${one.says}</li>`)}</ul>`}
${quick(fault)}${repeats(fault)}${witnesses(fault)}
${timelines(fault, names)}
${probes(fault)}
<h4>Proof</h4><dl class="kv">${proof('in force', fault.effectProof)}${proof('undone', fault.undoProof)}
${missing.map((one) => html`<dt>not back</dt><dd>${badge(one.verdict === 'False' ? 'bad' : 'open', one.verdict)} ${one.claim}: ${one.evidence}</dd>`)}</dl>
</section>`
}
