import type { DrillReport } from '../drill-report.js'
import { count, within as inSentence, milliseconds, plural } from '../format.js'
import type { Summary } from '../summary.js'
import { headlineOf } from '../verdict.js'
import { badge } from './marks.js'
import { html, type Markup, px } from './markup.js'

/** The score as an arc of three quarters, its cap as a tick. */
const gauge = (value: number, cap: number): Markup => {
  const tone = cap < 50 ? 'bad' : cap < 100 ? 'open' : 'good'
  const radius = 62
  const at = (share: number): [number, number] => {
    const angle = ((135 + 270 * share) * Math.PI) / 180
    return [75 + radius * Math.cos(angle), 75 + radius * Math.sin(angle)]
  }
  const arc = (to: number): string => {
    const [x0, y0] = at(0)
    const [x1, y1] = at(to)
    return `M${px(x0)} ${px(y0)}A${radius} ${radius} 0 ${to * 270 > 180 ? 1 : 0} 1 ${px(x1)} ${px(y1)}`
  }
  const tick = (share: number): string => {
    const angle = ((135 + 270 * share) * Math.PI) / 180
    const point = (r: number): string => `${px(75 + r * Math.cos(angle))} ${px(75 + r * Math.sin(angle))}`
    return `M${point(radius - 11)}L${point(radius + 11)}`
  }
  return html`<svg viewBox="0 0 150 140" role="img" aria-label="Score ${value} of 100, at most ${cap} possible">
<path d="${arc(1)}" fill="none" stroke="var(--track)" stroke-width="11" stroke-linecap="round"/>
${value > 0 && html`<path d="${arc(value / 100)}" fill="none" stroke="var(--${tone}-fill)" stroke-width="11" stroke-linecap="round"/>`}
${cap < 100 && html`<path d="${tick(cap / 100)}" stroke="var(--ink)" stroke-width="2.5"/>`}
<text x="75" y="86" text-anchor="middle" font-size="42" font-weight="650" letter-spacing="-1.5">${value}</text>
<text x="75" y="107" text-anchor="middle" font-size="12.5" class="soft">of 100</text></svg>`
}

const tile = (figure: string, what: string, more: Markup | string): Markup =>
  html`<div class="card tile"><div class="figure">${figure}</div><div class="what">${what}</div><div class="small">${more}</div></div>`

/** First screen: the verdict in a sentence, the score with what limits it, four figures. */
export const hero = (report: DrillReport, summary: Summary): Markup => {
  const { faults, domains, worst } = summary
  const { score } = report
  const within = report.faults.filter((one) => {
    const probe = headlineOf(one)
    return (
      one.control === undefined &&
      probe !== undefined &&
      one.predicted.worstMs !== null &&
      probe.spanMs <= one.predicted.worstMs + probe.uncertaintyMs
    )
  }).length
  const controls =
    summary.controls === 'passed'
      ? 'and both controls: quiet was left alone, a real outage was caught'
      : summary.controls === 'failed'
        ? 'but a control failed'
        : 'but the controls were not run'
  return html`<section class="card hero ${summary.tone}" aria-labelledby="verdict">
<div>${badge(summary.tone, summary.label)}
<h1 id="verdict">${summary.sentence}</h1>
<p>${summary.basis}</p></div>
<div class="gauge">${gauge(score.value, score.cap)}<div class="small">${score.cap < 100 ? `capped at ${score.cap}` : 'score'}</div></div>
</section>
<div class="tiles">
${tile(`${faults.passed} of ${faults.total}`, 'faults passed', controls)}
${tile(worst ? milliseconds(worst.probe.spanMs) : '-', 'longest disturbance', worst ? `${worst.probe.probe}, ${inSentence(worst.fault.title)}; ${within} of ${faults.total} within their prediction` : 'nothing was measured')}
${tile(summary.unsafe > 0 ? plural(summary.unsafe, 'fault') : '0 lost', summary.unsafe > 0 ? 'with writes lost or mixed up' : 'acknowledged writes', `of ${count(summary.acknowledgedWrites)}, looked for at every API server and member`)}
${tile(`${domains.proven} of ${domains.total}`, 'failure domains proven', domains.disproved > 0 ? `${domains.disproved} disproved, ${domains.open} not proven` : domains.open > 0 ? `${domains.open} not proven` : 'each was lost and survived')}
</div>
${score.because.length > 0 && html`<p class="small" style="margin-top:12px">Score: ${score.because.join('; ')}.</p>`}`
}
