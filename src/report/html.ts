import type { DrillReport } from './drill-report.js'
import { moment } from './format.js'
import { faultSection } from './html/fault-section.js'
import { faultTable } from './html/fault-table.js'
import { hero } from './html/hero.js'
import { html, type Markup, Markup as Safe } from './html/markup.js'
import { style } from './html/style.js'
import { comparisonTable, domainTable, method, safetyTable } from './html/tables.js'
import { topology } from './html/topology.js'
import { summaryOf } from './summary.js'

const section = (id: string, title: string, note: string, content: Markup): Markup =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><p class="note">${note}</p>${content}</section>`

/**
 * The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere. Summary first, then the table
 * of faults, failure domains, write safety, a section with timelines for each fault, and how it was measured. Follows the reader's
 * light or dark mode, prints on A4, and names every colour in words or shapes too. All names in it are escaped, and its own policy
 * forbids it to load or run anything.
 */
export const reportHtml = (report: DrillReport): string => {
  const summary = summaryOf(report)
  const { cluster, comparison } = report
  const names = cluster.machines.map((one) => one.name)
  const leaders = cluster.machines
    .filter((one) => one.roles.length === 0 || one.roles.includes('control-plane') || one.roles.includes('etcd'))
    .map((one) => one.name)
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="quorate ${report.quorate}"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>Failover drill of ${cluster.name}, ${moment(report.startedAt)}</title><style>${new Safe(style)}</style></head>
<body><svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="#fff" stroke-width="2" opacity=".45"/></pattern></defs></svg>
<header class="top"><div><b>Failover drill of ${cluster.name}</b> &nbsp;${moment(report.startedAt)}, Kubernetes ${cluster.kubernetesVersion}, timing profile ${report.timing.name}</div>
<nav aria-label="Sections"><a href="#faults">Faults</a><a href="#domains">Failure domains</a><a href="#safety">Write safety</a>${comparison && html`<a href="#comparison">Comparison</a>`}<a href="#details">Each fault</a><a href="#method">Method</a></nav></header>
<main>
${hero(report, summary)}
${section('faults', 'Every fault: predicted and measured', 'What a client felt that opens a new connection through the endpoint for each request. The prediction was worked out from the timing profile before anything was broken.', faultTable(report))}
${section('domains', 'Can any one thing be lost?', 'Proven: it was lost in this drill and every limit and rule held. Disproved: service stayed away until it was back. Not proven: anything else; the loss of one machine says nothing about its twin.', html`<div class="card pad">${topology(report)}</div><div style="height:14px"></div>${domainTable(report)}`)}
${section('safety', 'Write safety', 'Judged from the recorded history of every request, not from the outcome alone.', safetyTable(report))}
${comparison && section('comparison', `Against ${comparison.against}`, 'Medians of the span from first to last failure. A difference counts only beyond what chance can make.', comparisonTable(comparison))}
<section aria-labelledby="details"><h2 id="details">Each fault</h2><p class="note">Time zero is the moment the fault was seen in force. The shaded band is while it was in force.</p>
<ul class="legend"><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect y="4" width="22" height="4" fill="var(--ok)"/></svg>answered</li><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect width="22" height="12" fill="var(--bad-fill)"/><rect width="22" height="12" fill="url(#hatch)"/></svg>failing; ticks below: single failed requests</li><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect x="1" y="1" width="20" height="10" fill="none" stroke="var(--bad-fill)" stroke-dasharray="4 2.5"/></svg>missing, degraded</li><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect width="22" height="12" rx="2" fill="var(--owner)"/></svg>holds the virtual IP</li><li><svg viewBox="0 0 22 12" aria-hidden="true"><rect width="11" height="12" fill="var(--h0)"/><rect x="11" width="11" height="12" fill="var(--h1)"/></svg>leads (named in the bar)</li></ul>
${report.faults.map((fault, index) => faultSection(fault, index, leaders.length > 0 ? leaders : names))}</section>
<section aria-labelledby="method"><h2 id="method">How it was measured</h2>${method(report)}</section>
</main>
<footer>Written by quorate ${report.quorate}. The recorded history can be judged again: <span class="mono">quorate judge DIRECTORY</span></footer>
</body></html>
`
  return page.text
}
