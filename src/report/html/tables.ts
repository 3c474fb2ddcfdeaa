import { propertyIds } from '../../history/types.js'
import type { Comparison, ComparisonRow } from '../comparison.js'
import type { DrillReport } from '../drill-report.js'
import { bytes, milliseconds, moment } from '../format.js'
import { anchorOf } from './fault-table.js'
import { badge, type Mark, markOfDomain, markOfSafety, sign } from './marks.js'
import { html, type Markup } from './markup.js'

/** Each failure domain with its verdict and what it rests on. */
export const domainTable = (
  report: DrillReport,
): Markup => html`<div class="card scroll"><table><thead><tr><th scope="col">Failure domain</th><th scope="col">Its loss is survived</th><th scope="col">Because</th></tr></thead>
<tbody>${report.domains.map(
  (one) =>
    html`<tr><th scope="row" class="w">${one.kind} ${one.domain}</th><td class="w">${badge(markOfDomain(one.verdict), one.verdict)}</td><td>${one.because.join('; ')}</td></tr>`,
)}</tbody></table></div>`

const shortNames: Record<(typeof propertyIds)[number], string> = {
  'acknowledged-writes-present': 'acknowledged, present',
  'refused-writes-absent': 'refused, absent',
  'writes-applied-once': 'applied once',
  'compare-and-swap-chain': 'swap chain unbroken',
  'revisions-monotone': 'revisions rise',
  'one-content-per-revision': 'one story a revision',
  'reads-fresh': 'reads fresh',
  'watch-ordered': 'watch in order',
  'watch-complete': 'watch complete',
  'register-linearizable': 'one order a key',
  'hashes-equal': 'members equal',
}

/** Faults by safety property. */
export const safetyTable = (
  report: DrillReport,
): Markup => html`<div class="card scroll"><table class="matrix"><thead><tr><th scope="col">Fault</th>${propertyIds.map((id) => html`<th scope="col">${shortNames[id]}</th>`)}</tr></thead>
<tbody>${report.faults.map(
  (fault, index) =>
    html`<tr><th scope="row"><a href="#${anchorOf(index)}">${fault.title}</a></th>${propertyIds.map((id) => {
      const one = fault.safety.properties.find((property) => property.property === id)
      return html`<td>${one ? sign(markOfSafety(one.verdict), `${one.verdict}: ${one.because}`) : sign('plain', 'not judged')}</td>`
    })}</tr>`,
)}</tbody></table></div>
<ul class="legend">${(['good', 'bad', 'open'] as Mark[]).map((mark, i) => html`<li>${sign(mark, '')}${['holds', 'violated', 'unknown: nothing to judge by, or out of time'][i]}</li>`)}</ul>`

const changeMark: Record<ComparisonRow['change'], Mark> = { better: 'good', worse: 'bad', same: 'plain', new: 'open', gone: 'open' }

/** How many times shorter or longer, only where that is also the direction of the change. */
const changeInWords = ({ change, ratio }: ComparisonRow): string => {
  if (ratio === undefined || (change !== 'better' && change !== 'worse') || ratio >= 1 !== (change === 'better')) return change
  return ratio >= 1 ? `${change}, ${ratio.toFixed(1)} times shorter` : `${change}, ${(1 / ratio).toFixed(1)} times longer`
}

/** This run beside another one, with the noise that a difference has to exceed. */
export const comparisonTable = ({
  differences,
  rows,
}: Comparison): Markup => html`${differences.length > 0 && html`<p class="note">The conditions were not the same: ${differences.join('; ')}.</p>`}
<div class="card scroll"><table><thead><tr><th scope="col">Fault</th><th scope="col" class="n">Now</th><th scope="col" class="n">Then</th><th scope="col">Change</th><th scope="col">Because</th></tr></thead>
<tbody>${rows.map(
  (one) =>
    html`<tr><th scope="row">${one.title}</th><td class="n">${one.nowMs === undefined ? '-' : one.nowMs < 0.5 ? 'none' : milliseconds(one.nowMs)}</td><td class="n">${one.thenMs === undefined ? '-' : one.thenMs < 0.5 ? 'none' : milliseconds(one.thenMs)}</td><td class="w">${badge(changeMark[one.change], changeInWords(one))}</td><td>${one.because}</td></tr>`,
)}</tbody></table></div>`

const pairs = (entries: readonly (readonly [string, string | number])[]): Markup =>
  html`<dl class="kv">${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`

/** Where and how it was measured, and the timings that the predictions come from. */
export const method = (report: DrillReport): Markup => {
  const { computer, cluster, timing } = report
  return html`<div class="card pad two"><div><h4>Where</h4>${pairs([
    [
      'machines',
      computer.lab
        ? `${cluster.machines.length}, made on one computer: they share its processors and disk`
        : `${cluster.machines.length} hosts over SSH`,
    ],
    ['computer', `${computer.cpus} x ${computer.cpuModel}, ${bytes(computer.memoryBytes)}`],
    ['system', `${computer.os}, Linux ${computer.kernel}, Node ${computer.node}`],
    ['cluster', `Kubernetes ${cluster.kubernetesVersion}, ${cluster.topology}, ${cluster.balancer}`],
    ['started', `${moment(report.startedAt)}, took ${milliseconds(report.tookMs)}`],
    ...(report.seed === undefined ? [] : [['seed', report.seed] as const]),
    ['quorate', report.quorate],
  ])}</div><div><h4>Timing profile ${timing.name}</h4>${pairs([
    ['VRRP advert', `${timing.vrrpAdvertMs} ms, version ${timing.vrrpVersion}`],
    ['check of the own proxy', `every ${timing.vrrpCheck.intervalMs} ms, ${timing.vrrpCheck.fall} failures, ${timing.vrrpCheck.kind}`],
    [
      'check of each API server',
      `${timing.backendCheck.kind} every ${timing.backendCheck.intervalMs} ms, timeout ${timing.backendCheck.timeoutMs} ms, ${timing.backendCheck.fall} failures`,
    ],
    ['proxy connect', `${timing.connectMs} ms, ${timing.retries} retries${timing.redispatch ? ', to another server' : ''}`],
    ['etcd heartbeat, election', `${timing.etcd.heartbeatMs} ms, ${timing.etcd.electionMs} ms`],
    ['leader lease', `${timing.lease.durationMs} ms, renewed within ${timing.lease.renewMs} ms`],
    ['node grace', milliseconds(timing.node.monitorGraceMs)],
    ['HTTP/2 ping', `after ${timing.http2.readIdleMs} ms idle, ${timing.http2.pingMs} ms to answer`],
  ])}</div></div>
<ul class="plain small" style="margin-top:14px">
<li>Requests are sent on a schedule, whether or not earlier ones have returned, and are dated by when they were due. Samples during which the prober itself stalled are void.</li>
<li>Span: from the first failed request to the last. Longest run: failures without a success between them. Both are right to one interval of the probe.</li>
<li>A write counts as acknowledged only when its reply said so. A write without reply may have taken effect once or never; both are correct.</li>
<li>Proven means: lost in this drill, and every limit and rule held. What was not tried, or could not be judged, is never counted as passed.</li>
<li>Predictions come from the timing profile before anything is broken; they are an upper bound, not an average.</li></ul>`
}
