import { type Finding, pathText, wrong } from '../finding.js'
import { parseAddress, parseCidr, within } from '../ipv4.js'
import { machinePath, type Rule, type Subject } from './rule.js'

/** Why a text is no address, for the end of a sentence; '' where the text speaks for itself. */
export const addressFault = (text: string): string => {
  if (text.includes(':')) return ' (IPv6 is not supported)'
  if (text.includes('/')) return ' (an address of one machine has no prefix length)'
  if (/^\d+(\.\d+){3}$/.test(text)) return text.split('.').some((part) => Number(part) > 255) ? ' (255 is the limit)' : ' (a leading zero)'
  return /[a-z]/i.test(text) ? ' (names are not looked up)' : ''
}

/** ` (the /24 in which most machines are)` where the file leaves the subnet to us. */
export const derivedHint = ({ wire }: Subject): string =>
  wire.spec.network?.machineSubnet === undefined ? ', the /24 in which most machines are' : ''

/** Why no machine can have an address: it names the subnet, all of it, or no single host anywhere. */
export const unusable = (address: number, machineSubnet: string): string | undefined => {
  const top = Math.floor(address / 2 ** 24)
  if (top === 0) return 'which is no address of a host'
  if (top === 127) return 'which is loopback: every machine means itself by it'
  if (top >= 224) return 'which is multicast or reserved'
  const subnet = parseCidr(machineSubnet)
  if (!subnet || subnet.length > 30) return undefined
  if (address === subnet.first) return 'which names the subnet itself'
  return address === subnet.last ? "which is the subnet's broadcast address" : undefined
}

export const machineAddresses: Rule = (subject) => {
  const { cluster } = subject
  const subnet = parseCidr(cluster.network.machineSubnet)
  return cluster.machines.flatMap(({ name, address }, i): Finding[] => {
    const path = machinePath(i, 'address')
    const n = parseAddress(address)
    if (n === undefined) return [wrong('Q1104', path, { field: pathText(path), found: address, why: addressFault(address) })]
    const why = unusable(n, cluster.network.machineSubnet)
    if (why) return [wrong('Q1106', path, { field: pathText(path), address, why, subnet: cluster.network.machineSubnet })]
    if (!subnet || within(n, subnet)) return []
    return [wrong('Q1105', path, { name, address, subnet: cluster.network.machineSubnet, derived: derivedHint(subject) })]
  })
}

export const uniqueAddresses: Rule = ({ cluster }) =>
  cluster.machines.flatMap(({ name, address }, i) => {
    const first = cluster.machines.findIndex((m) => m.address === address)
    const other = cluster.machines[first]?.name ?? ''
    return first < i ? [wrong('Q1103', machinePath(i, 'address'), { name, address, other })] : []
  })
