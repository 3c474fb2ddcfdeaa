import { nodes } from '../../model/cluster.js'
import { isAligned } from '../convert.js'
import { type FieldPath, type Finding, pathText, wrong } from '../finding.js'
import { formatAddress, overlaps, parseAddress, parseCidr, within } from '../ipv4.js'
import { podCidrOf } from '../pod-cidr.js'
import { labelFault } from './names.js'
import type { Rule } from './rule.js'

type SubnetField = 'podSubnet' | 'serviceSubnet' | 'machineSubnet'
const fields: readonly SubnetField[] = ['machineSubnet', 'podSubnet', 'serviceSubnet']
const pathOf = (field: SubnetField): FieldPath => ['spec', 'network', field]

export const subnetTexts: Rule = ({ cluster, wire }) =>
  fields.flatMap((field): Finding[] => {
    const found = cluster.network[field]
    const path = pathOf(field)
    const block = parseCidr(found)
    if (wire.spec.network?.[field] === undefined) return []
    if (!block) return [wrong('Q1107', path, { field: pathText(path), found })]
    const meant = formatAddress(block.first)
    return isAligned(found) ? [] : [wrong('Q1108', path, { field: pathText(path), found, meant, length: block.length })]
  })

/** Told at the one of the two that the file writes. */
export const disjointSubnets: Rule = ({ cluster, wire }) => {
  const pairs: [SubnetField, SubnetField][] = [
    ['podSubnet', 'machineSubnet'],
    ['serviceSubnet', 'machineSubnet'],
    ['serviceSubnet', 'podSubnet'],
  ]
  return pairs.flatMap(([a, b]) => {
    const [one, two] = [parseCidr(cluster.network[a]), parseCidr(cluster.network[b])]
    if (!one || !two || !overlaps(one, two)) return []
    const written = wire.spec.network?.[a] === undefined && wire.spec.network?.[b] !== undefined ? b : a
    const other = written === a ? b : a
    return [
      wrong('Q1109', pathOf(written), {
        field: pathText(pathOf(written)),
        subnet: cluster.network[written],
        otherField: pathText(pathOf(other)),
        otherSubnet: cluster.network[other],
      }),
    ]
  })
}

/** With static routes every node needs its /24 (pod-cidr.ts); the first that has none stands for all. */
export const podBlocks: Rule = ({ cluster }) => {
  const pods = parseCidr(cluster.network.podSubnet)
  const machines = parseCidr(cluster.network.machineSubnet)
  if (cluster.network.plugin.kind !== 'routed' || !pods || !machines || !isAligned(cluster.network.podSubnet)) return []
  const first = nodes(cluster).find((m) => {
    const address = parseAddress(m.address)
    if (address === undefined || !within(address, machines)) return false
    const block = parseCidr(podCidrOf(cluster, m))
    return !block || block.first < pods.first || block.last > pods.last
  })
  if (!first) return []
  const data = {
    subnet: cluster.network.podSubnet,
    name: first.name,
    machineSubnet: cluster.network.machineSubnet,
    block: podCidrOf(cluster, first),
    length: Math.max(0, machines.length - 8),
  }
  return [wrong('Q1110', pathOf('podSubnet'), data)]
}

/** The API server's own limits: at most 20 host bits, and room for the tenth address, which is cluster DNS. */
export const serviceSubnetSize: Rule = ({ cluster }) => {
  const length = parseCidr(cluster.network.serviceSubnet)?.length
  if (length === undefined || (length >= 12 && length <= 28)) return []
  const data = { subnet: cluster.network.serviceSubnet, what: length < 12 ? 'large' : 'small' }
  return [wrong('Q1111', pathOf('serviceSubnet'), data)]
}

export const dnsDomain: Rule = ({ cluster }) => {
  const found = cluster.network.dnsDomain
  const part = found.split('.').find((one) => labelFault(one) !== undefined)
  const long = found.length > 253 ? 'it has more than 253 letters' : undefined
  const why = long ?? (part === undefined ? undefined : part === '' ? 'a dot at an end, or two in a row' : labelFault(part))
  return why ? [wrong('Q1112', ['spec', 'network', 'dnsDomain'], { found, why })] : []
}
