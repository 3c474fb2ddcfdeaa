import type { DomainReport, DrillReport } from '../drill-report.js'
import { type Mark, markOfDomain, shape } from './marks.js'
import { html, type Markup, px } from './markup.js'

const box = { width: 178, height: 62, gap: 12 }
const pad = 14
const kinds = [
  { role: 'balancer', name: 'balancer' },
  { role: 'control-plane', name: 'control plane' },
  { role: 'etcd', name: 'etcd' },
  { role: 'worker', name: 'worker' },
] as const

type Machine = DrillReport['cluster']['machines'][number]

/** Nodes that carry a hosted control plane have no role in the cluster, and stand below those that have. */
const rowOf = (machine: Machine): number => {
  const row = kinds.findIndex((one) => machine.roles.includes(one.role))
  return row < 0 ? kinds.length : row
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const seal = (x: number, y: number, mark: Mark, size = 17): Markup =>
  html`<g transform="translate(${px(x)} ${px(y)}) scale(${size / 16})" style="color:var(--${mark === 'plain' ? 'faint' : mark})">${shape(mark)}</g>`

const machineBox = (machine: Machine, x: number, y: number, verdict: DomainReport | undefined): Markup => {
  const mark = verdict ? markOfDomain(verdict.verdict) : 'plain'
  const roles = kinds.filter((one) => machine.roles.includes(one.role)).map((one) => one.name)
  return html`<g><title>${machine.name}: ${verdict ? `loss survived: ${verdict.verdict}` : 'not judged'}</title>
<rect x="${px(x)}" y="${px(y)}" width="${box.width}" height="${box.height}" rx="8" fill="var(--card)" stroke="var(--${mark === 'plain' ? 'line' : `${mark}-fill`})" stroke-width="1.6" ${mark === 'open' ? html`stroke-dasharray="5 3"` : ''}/>
<text x="${px(x + 12)}" y="${px(y + 21)}" font-size="13.5" font-weight="650">${cut(machine.name, 17)}</text>${seal(x + box.width - 29, y + 8, mark)}
<text x="${px(x + 12)}" y="${px(y + 37)}" font-size="11" class="soft">${cut(machine.address, 24)}</text>
<text x="${px(x + 12)}" y="${px(y + 52)}" font-size="11.5">${cut(roles.join(' + ') || 'node of the host', 26)}</text></g>`
}

/** The cluster as a drawing: the endpoint on top, a column for each zone, every machine and zone with the verdict on its loss. */
export const topology = (report: DrillReport): Markup => {
  const { machines, endpoint, balancer, name } = report.cluster
  const zones = [...new Set(machines.map((one) => one.zone ?? ''))].sort()
  const verdicts = new Map(report.domains.map((one) => [`${one.kind} ${one.domain}`, one]))
  const rows = [...new Set(machines.map(rowOf))].sort()
  const inZone = (zone: string): Machine[] => machines.filter((one) => (one.zone ?? '') === zone)
  /** Boxes of one kind side by side at most in one zone; more go below. */
  const across = zones.length >= 4 ? 1 : zones.length === 1 ? 4 : 2
  const columns = zones.map((zone) =>
    Math.max(1, ...rows.map((row) => Math.min(across, inZone(zone).filter((one) => rowOf(one) === row).length))),
  )
  const widths = columns.map((count) => count * box.width + (count - 1) * box.gap + 2 * pad)
  const total = widths.reduce((sum, wide) => sum + wide, 0) + (zones.length - 1) * 20
  const lines = rows.map((row) =>
    Math.max(...zones.map((zone, i) => Math.ceil(inZone(zone).filter((one) => rowOf(one) === row).length / (columns[i] ?? 1)))),
  )
  const top = 118
  const rowTop = lines.map((_, i) => top + 34 + lines.slice(0, i).reduce((sum, count) => sum + count * (box.height + box.gap) + 8, 0))
  const height = (rowTop[rowTop.length - 1] ?? top) + (lines[lines.length - 1] ?? 1) * (box.height + box.gap) + 2
  const middle = total / 2
  const entries = rows.includes(0) ? 0 : rows[0]
  let left = 0
  const drawn = zones.map((zone, i) => {
    const x = left
    const wide = widths[i] ?? 0
    left += wide + 20
    const verdict = verdicts.get(`zone ${zone}`)
    const mark = verdict ? markOfDomain(verdict.verdict) : 'plain'
    const own = inZone(zone)
    const serves = own.some((one) => rowOf(one) === entries)
    return html`${serves && html`<path d="M${px(middle)} 62V${78}H${px(x + wide / 2)}V${top}" fill="none" stroke="var(--faint)" stroke-width="1.4"/>`}
<rect x="${px(x)}" y="${top}" width="${px(wide)}" height="${px(height - top)}" rx="10" fill="var(--rule)" stroke="var(--line)"/>
${zone !== '' && html`<text x="${px(x + pad)}" y="${top + 22}" font-size="12.5" font-weight="650" class="soft">zone ${cut(zone, 18)}</text>${verdict && html`${seal(x + wide - pad - 17, top + 8, mark)}<text x="${px(x + wide - pad - 22)}" y="${top + 21}" font-size="11" text-anchor="end" class="soft">${verdict.verdict}</text>`}`}
${rows.map((row, r) =>
  own
    .filter((one) => rowOf(one) === row)
    .map((machine, k) => {
      const perRow = columns[i] ?? 1
      return machineBox(
        machine,
        x + pad + (k % perRow) * (box.width + box.gap),
        (rowTop[r] ?? 0) + Math.floor(k / perRow) * (box.height + box.gap),
        verdicts.get(`machine ${machine.name}`),
      )
    }),
)}`
  })
  const caption = `where every client reaches the API: ${balancer}`
  const entry = Math.max(250, endpoint.length * 9 + 40, caption.length * 6.4 + 36)
  return html`<svg class="map" style="max-width:${Math.round(Math.max(560, Math.min(1100, total * 1.05)))}px;margin:0 auto" viewBox="${px(Math.min(-1, middle - entry / 2 - 2))} 0 ${px(Math.max(total, entry + 2) + 3)} ${px(height + 2)}" role="img" aria-label="Topology of ${name} with the verdict on the loss of each machine and zone"><title>Topology of ${name}</title>
<rect x="${px(middle - entry / 2)}" y="2" width="${entry}" height="60" rx="10" fill="var(--accent-wash)" stroke="var(--accent-fill)" stroke-width="1.5"/>
<text x="${px(middle)}" y="27" text-anchor="middle" font-size="15" font-weight="650">${endpoint}</text>
<text x="${px(middle)}" y="46" text-anchor="middle" font-size="11.5" class="soft">${caption}</text>
${drawn}</svg>`
}
