import type { DrillReport, FaultReport } from '../drill-report.js'
import { count, milliseconds } from '../format.js'
import { headlineOf } from '../verdict.js'
import { badge, markOfFault, markOfSafety, wordOfFault, wordOfSafety } from './marks.js'
import { html, type Markup, px } from './markup.js'

const left = 6
const width = 290
const right = width - 8

/** Durations on a logarithmic scale: 20 ms and 20 s must both be readable. Below `fromMs` everything sits at the left end. */
export interface Scale {
  fromMs: number
  toMs: number
}

export const scaleOf = (faults: readonly FaultReport[]): Scale => {
  const all = faults.flatMap((one) => [
    headlineOf(one)?.spanMs ?? 0,
    one.predicted.worstMs ?? 0,
    ...one.repeats.map((repeat) => repeat.spanMs),
  ])
  const largest = Math.max(1000, ...all)
  return { fromMs: 10, toMs: 10 ** Math.ceil(Math.log10(largest * 1.05)) }
}

const xOf = (ms: number, { fromMs, toMs }: Scale): number =>
  ms <= fromMs ? left : left + ((right - left) * Math.log10(ms / fromMs)) / Math.log10(toMs / fromMs)

const decades = ({ fromMs, toMs }: Scale): number[] => {
  const found: number[] = []
  for (let ms = fromMs; ms <= toMs * 1.001; ms *= 10) found.push(ms)
  return found
}

const short = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)

const axis = (scale: Scale): Markup => {
  const marks = decades(scale)
  return html`<svg class="chart" viewBox="0 0 ${width} 16" aria-hidden="true">${marks.map((ms, i) => {
    const anchor = i === 0 ? 'start' : i === marks.length - 1 ? 'end' : 'middle'
    return html`<text x="${px(xOf(ms, scale) + (i === 0 ? -left : i === marks.length - 1 ? 8 : 0))}" y="12" font-size="10.5" class="soft" text-anchor="${anchor}">${short(ms)}</text>`
  })}</svg>`
}

/** Track up to the prediction, bar up to the measured span with the longest run darker within, a ring per repeat. */
export const bullet = (fault: FaultReport, scale: Scale): Markup => {
  const probe = headlineOf(fault)
  const { worstMs } = fault.predicted
  const span = probe?.spanMs ?? 0
  const over = worstMs !== null && probe !== undefined && span > worstMs + probe.uncertaintyMs && fault.control === undefined
  const colour = over ? 'var(--bad-fill)' : 'var(--accent-fill)'
  const meaning = `${worstMs === null ? 'no limit predicted' : `predicted at most ${milliseconds(worstMs)}`}, measured ${milliseconds(span)} from first to last failure, longest run ${milliseconds(probe?.longestMs ?? 0)}`
  const x = (ms: number): number => xOf(ms, scale)
  return html`<svg class="chart" viewBox="0 0 ${width} 24" role="img" aria-label="${meaning}"><title>${meaning}</title>
${decades(scale).map((ms) => html`<path d="M${px(x(ms))} 0V24" stroke="var(--rule)"/>`)}
${worstMs !== null && worstMs > 0 && html`<rect x="${left}" y="5" width="${px(Math.max(1, x(worstMs) - left))}" height="14" rx="2" fill="var(--track)"/><path d="M${px(x(worstMs))} 2V22" stroke="var(--ink)" stroke-width="2"/>`}
${span >= 0.5 ? html`<rect x="${left}" y="8" width="${px(Math.max(2, x(span) - left))}" height="8" rx="1.5" fill="${colour}" opacity=".5"/><rect x="${left}" y="8" width="${px(Math.max(2, x(probe?.longestMs ?? 0) - left))}" height="8" rx="1.5" fill="${colour}"/>` : html`<circle cx="${left}" cy="12" r="4" fill="var(--good-fill)"/>`}
${over && html`<path d="M${px(x(span) + 4)} 8l6 8m0-8l-6 8" stroke="var(--bad-fill)" stroke-width="2" fill="none"/>`}
${fault.repeats.map((one) => html`<circle cx="${px(x(one.spanMs))}" cy="12" r="2.6" fill="var(--card)" stroke="var(--ink)" stroke-width="1.2"/>`)}</svg>`
}

const titles: Record<FaultReport['category'], string> = {
  control: 'Controls: is the detector itself right?',
  process: 'Processes',
  machine: 'Machines and zones',
  network: 'Network',
  storage: 'Storage',
}

export const anchorOf = (index: number): string => `fault-${index + 1}`

const measured = (fault: FaultReport): string => {
  const probe = headlineOf(fault)
  if (!probe) return '-'
  return probe.spanMs < 0.5 ? 'none' : milliseconds(probe.spanMs)
}

const row = (fault: FaultReport, index: number, scale: Scale): Markup => {
  const probe = headlineOf(fault)
  const { worstMs } = fault.predicted
  const { redundancy, safety } = fault
  return html`<tr><th scope="row"><a href="#${anchorOf(index)}">${fault.title}</a><span>${fault.victim.machines.join(', ') || fault.victim.role}</span></th>
<td>${bullet(fault, scale)}</td>
<td class="n">${worstMs === null ? 'no limit' : worstMs < 0.5 ? 'none' : milliseconds(worstMs)}</td>
<td class="n"><b>${measured(fault)}</b></td>
<td class="n">${probe ? html`${count(probe.failed)}<span class="soft small"> of ${count(probe.total)}</span>` : '-'}</td>
<td class="w">${badge(markOfSafety(safety.verdict), wordOfSafety[safety.verdict])}</td>
<td class="n">${redundancy.back ? (redundancy.tookMs === undefined ? 'yes' : milliseconds(redundancy.tookMs)) : badge('bad', 'no')}</td>
<td class="n">${Math.max(1, fault.repeats.length)}</td>
<td class="w">${badge(markOfFault(fault.verdict), wordOfFault[fault.verdict])}</td></tr>`
}

const order: readonly FaultReport['category'][] = ['control', 'process', 'machine', 'network', 'storage']

/** All faults in one table: predicted against measured on one scale, safety, redundancy, verdict. */
export const faultTable = (report: DrillReport): Markup => {
  const scale = scaleOf(report.faults)
  return html`<div class="card scroll"><table class="faults"><caption class="hidden">Predicted and measured outage of every fault</caption>
<thead><tr><th scope="col">Fault and victim</th><th scope="col">Predicted and measured${axis(scale)}</th><th scope="col" class="n">Predicted<br>at most</th><th scope="col" class="n">Measured</th><th scope="col" class="n">Failed<br>requests</th><th scope="col">Writes</th><th scope="col" class="n">Redundancy<br>back after</th><th scope="col" class="n">Runs</th><th scope="col">Verdict</th></tr></thead>
<tbody>${order.map((category) => {
    const own = report.faults.map((fault, index) => ({ fault, index })).filter((one) => one.fault.category === category)
    return (
      own.length > 0 &&
      html`<tr class="group"><th colspan="9" scope="rowgroup">${titles[category]}</th></tr>${own.map((one) => row(one.fault, one.index, scale))}`
    )
  })}</tbody></table></div>
<ul class="legend"><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect y="1" width="18" height="10" fill="var(--track)"/><path d="M18 0V12" stroke="var(--ink)" stroke-width="2"/></svg>predicted at most</li>
<li><svg viewBox="0 0 22 12" aria-hidden="true"><rect y="2" width="22" height="8" fill="var(--accent-fill)" opacity=".5"/><rect y="2" width="12" height="8" fill="var(--accent-fill)"/></svg>measured: longest run of failures, and span from first to last failure</li>
<li><svg viewBox="0 0 22 12" aria-hidden="true"><circle cx="11" cy="6" r="3" fill="var(--card)" stroke="var(--ink)" stroke-width="1.2"/></svg>each repeat</li>
<li><svg viewBox="0 0 22 12" aria-hidden="true"><circle cx="11" cy="6" r="4" fill="var(--good-fill)"/></svg>nothing failed</li><li>logarithmic scale; class of client: ${headlineOf(report.faults[0] ?? { predicted: { probe: '-', worstMs: null, formula: '' }, measured: [] })?.probe ?? '-'}</li></ul>`
}
