import { balancers, type Cluster, type MachineSpec } from '../../model/cluster.js'
import type { Glyphs } from '../glyphs.js'
import { cutTo, type Palette, padTo, widthOf } from '../style.js'
import type { Level, Mark, Marks } from './marks.js'

export interface Pen {
  glyphs: Glyphs
  paint: Palette
  /** Columns to draw in. */
  columns: number
  /** Machines of one kind drawn in one zone before the rest is only counted. Default 4. */
  most?: number
}

type Kind = 'balancer' | 'control-plane' | 'etcd' | 'worker'
const kinds: readonly Kind[] = ['balancer', 'control-plane', 'etcd', 'worker']
const kindNames: Record<Kind, string> = {
  balancer: 'balancers',
  'control-plane': 'control planes',
  etcd: 'etcd machines',
  worker: 'workers',
}

const kindOf = (machine: MachineSpec): Kind => {
  if (machine.roles.includes('control-plane')) return 'control-plane'
  if (machine.roles.includes('etcd')) return 'etcd'
  return machine.roles.includes('balancer') ? 'balancer' : 'worker'
}

const roleNames: Record<Kind, string> = { balancer: 'balancer', 'control-plane': 'control plane', etcd: 'etcd', worker: 'worker' }

export const markSign = (level: Level, { glyphs, paint }: Pick<Pen, 'glyphs' | 'paint'>): string =>
  ({
    plain: paint.cyan(glyphs.plain),
    good: paint.green(glyphs.good),
    warn: paint.yellow(glyphs.warn),
    bad: paint.red(glyphs.bad),
    unknown: paint.dim(glyphs.unknown),
  })[level]

const noteColour = (level: Level, paint: Palette) => (level === 'bad' ? paint.red : level === 'warn' ? paint.yellow : paint.cyan)

/** One machine: name and address, its roles, then what is to be said about it. */
const cell = (machine: MachineSpec, mark: Mark, width: number, pen: Pen): string[] => {
  const { paint } = pen
  const roles = (['balancer', 'control-plane', 'etcd', 'worker'] as const).filter((role) => machine.roles.includes(role))
  const lines = [`${markSign(mark.level, pen)} ${paint.bold(machine.name)}  ${paint.dim(machine.address)}`]
  let line = ''
  for (const role of roles) {
    const next = line ? `${line} + ${roleNames[role]}` : roleNames[role]
    if (line && next.length > width - 2) {
      lines.push(`  ${line}`)
      line = `+ ${roleNames[role]}`
    } else line = next
  }
  lines.push(`  ${line}`)
  for (const note of mark.notes) lines.push(`  ${noteColour(mark.level, paint)(note)}`)
  return lines.map((text) => cutTo(text, width))
}

const countOf = (machines: readonly MachineSpec[], kind: Kind, marks: Marks): string => {
  const good = machines.filter((machine) => marks.machines.get(machine.name)?.level === 'good').length
  const looked = machines.some((machine) => marks.machines.get(machine.name)?.level !== 'plain')
  return `and ${machines.length} more ${kindNames[kind]}${looked ? `, ${good} good` : ''}`
}

interface Box {
  title: string
  cells: Map<Kind, string[][]>
}

const boxOf = (title: string, machines: readonly MachineSpec[], marks: Marks, width: number, pen: Pen): Box => {
  const most = pen.most ?? 4
  const cells = new Map<Kind, string[][]>()
  for (const kind of kinds) {
    const all = machines.filter((machine) => kindOf(machine) === kind)
    const shown = all.length > most + 1 ? all.slice(0, most) : all
    const drawn = shown.map((machine) => cell(machine, marks.machines.get(machine.name) ?? { level: 'unknown', notes: [] }, width, pen))
    if (shown.length < all.length) drawn.push([cutTo(pen.paint.dim(countOf(all.slice(shown.length), kind, marks)), width)])
    cells.set(kind, drawn)
  }
  return { title, cells }
}

/** Cells of one row side by side, as high as the highest. */
const sideBySide = (row: readonly string[][], width: number): string[] => {
  const height = Math.max(...row.map((one) => one.length))
  return Array.from({ length: height }, (_, y) => row.map((one) => padTo(one[y] ?? '', width)).join('  '))
}

const frame = (title: string, inner: number, pen: Pen): { top: string; bottom: string; side: string } => {
  const { line } = pen.glyphs
  const { dim } = pen.paint
  const name = title ? ` ${cutTo(title, inner - 2)} ` : ''
  return {
    top: `${dim(`${line.tl}${line.h}`)}${pen.paint.bold(name)}${dim(`${line.h.repeat(Math.max(0, inner + 1 - widthOf(name)))}${line.tr}`)}`,
    bottom: dim(`${line.bl}${line.h.repeat(inner + 2)}${line.br}`),
    side: dim(line.v),
  }
}

/** Draws boxes side by side, kinds of machines on the same height in every box. */
const band = (boxes: readonly Box[], inner: number, across: number, cellWidth: number, pen: Pen): string[] => {
  const frames = boxes.map((box) => frame(box.title, inner, pen))
  const lines = [frames.map((one) => one.top).join(' ')]
  const used = kinds.filter((kind) => boxes.some((box) => (box.cells.get(kind)?.length ?? 0) > 0))
  for (const [index, kind] of used.entries()) {
    // Row by row, so that the second worker of each zone stands beside the others.
    const columns = boxes.map((box) => flowRows(box.cells.get(kind) ?? [], across, cellWidth))
    const rows = Math.max(...columns.map((one) => one.length))
    for (let row = 0; row < rows; row++) {
      const height = Math.max(...columns.map((one) => one[row]?.length ?? 0))
      for (let y = 0; y < height; y++) {
        lines.push(columns.map((one, i) => `${frames[i]?.side} ${padTo(one[row]?.[y] ?? '', inner)} ${frames[i]?.side}`).join(' '))
      }
    }
    if (index < used.length - 1) lines.push(boxes.map((_, i) => `${frames[i]?.side} ${' '.repeat(inner)} ${frames[i]?.side}`).join(' '))
  }
  lines.push(frames.map((one) => one.bottom).join(' '))
  return lines
}

const flowRows = (cells: readonly string[][], across: number, width: number): string[][] => {
  const rows: string[][] = []
  for (let i = 0; i < cells.length; i += across) rows.push(sideBySide(cells.slice(i, i + across), width))
  return rows
}

const centred = (text: string, middle: number): string => `${' '.repeat(Math.max(0, middle - Math.floor(widthOf(text) / 2)))}${text}`

/** Lines from one point above to several points below: the way from the endpoint into the zones. */
const fork = (from: number, to: readonly number[], pen: Pen): string => {
  const { line } = pen.glyphs
  const left = Math.min(from, ...to)
  const right = Math.max(from, ...to)
  let text = ' '.repeat(left)
  for (let x = left; x <= right; x++) {
    const down = to.includes(x)
    const up = x === from
    if (left === right) text += line.v
    else if (x === left) text += up ? (down ? line.left : line.bl) : line.tl
    else if (x === right) text += up ? (down ? line.right : line.br) : line.tr
    else if (down && up) text += line.cross
    else text += down ? line.down : up ? line.up : line.h
  }
  return text
}

const entryText = (cluster: Cluster): string =>
  ({
    'haproxy-keepalived': 'virtual IP, haproxy + keepalived',
    'nginx-keepalived': 'virtual IP, nginx + keepalived',
    'node-local': cluster.hosted ? `a proxy on every node, API servers in ${cluster.hosted.host.name}` : 'a proxy of its own on every node',
    external: 'a balancer of yours',
  })[cluster.balancer]

/**
 * The cluster as a picture: the endpoint on top, zones as columns, in each zone balancers, control planes, etcd and workers on the
 * same height. Zones that do not fit beside each other go below; machines beyond `most` of a kind are counted.
 */
export const drawTopology = (cluster: Cluster, marks: Marks, pen: Pen): string[] => {
  const zones = [...new Set(cluster.machines.map((machine) => machine.zone ?? ''))].sort()
  const columns = Math.max(28, Math.min(pen.columns, 120))
  const perBand = Math.max(1, Math.min(zones.length, Math.floor((columns + 1) / 26)))
  const inner = Math.min(40, Math.floor((columns - (perBand - 1)) / perBand) - 4)
  const single = zones.length === 1
  const cellWidth = single ? 26 : inner
  const across = single ? Math.max(1, Math.min(3, Math.floor((columns - 4 + 2) / (cellWidth + 2)), cluster.machines.length)) : 1
  const boxInner = single ? across * (cellWidth + 2) - 2 : inner
  const named = zones.map((zone) => ({ zone, machines: cluster.machines.filter((machine) => (machine.zone ?? '') === zone) }))
  const boxes = named.map(({ zone, machines }) => boxOf(zone ? `zone ${zone}` : single ? '' : 'no zone', machines, marks, cellWidth, pen))

  const step = boxInner + 5
  const first = boxes.slice(0, perBand)
  const centreOf = (index: number) => index * step + Math.floor((boxInner + 4) / 2)
  const middle = Math.floor((first.length * step - 1) / 2)
  const entries = balancers(cluster).length > 0 ? balancers(cluster) : cluster.machines.filter((one) => one.roles.includes('control-plane'))
  const targets = first.map((_, i) => i).filter((i) => entries.some((one) => (one.zone ?? '') === zones[i]))
  const { endpoint } = cluster
  const sign = marks.endpoint.level === 'plain' ? '' : `${markSign(marks.endpoint.level, pen)} `
  const note = marks.endpoint.notes.length > 0 ? `, ${noteColour(marks.endpoint.level, pen.paint)(marks.endpoint.notes.join(', '))}` : ''
  const lines = [
    centred(`${sign}${pen.paint.bold(`${endpoint.address}:${endpoint.port}`)}`, middle),
    centred(cutTo(`${pen.paint.dim(entryText(cluster))}${note}`, columns), middle),
    pen.paint.dim(fork(middle, targets.length > 0 ? targets.map(centreOf) : [middle], pen)),
  ]
  for (let i = 0; i < boxes.length; i += perBand) lines.push(...band(boxes.slice(i, i + perBand), boxInner, across, cellWidth, pen))
  return lines.map((line) => line.trimEnd())
}
