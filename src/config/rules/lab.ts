import { type FieldPath, type Finding, wrong } from '../finding.js'
import { formatAddress, parseCidr, parsePool, within } from '../ipv4.js'
import { machinePath, type Rule } from './rule.js'

/** Without SSH access the machines are made on this computer, where the last usable address of their subnet is taken (lab/subnet.ts). */
export const labGateway: Rule = ({ cluster }) => {
  const subnet = parseCidr(cluster.network.machineSubnet)
  if (!subnet || cluster.machines.some((m) => m.ssh)) return []
  const gateway = subnet.last - 1
  const address = formatAddress(gateway)
  const told = (path: FieldPath, what: string): Finding => wrong('Q1113', path, { what, address, subnet: cluster.network.machineSubnet })
  return [
    ...(cluster.endpoint.address === address ? [told(['spec', 'endpoint', 'address'], 'the endpoint is')] : []),
    ...cluster.machines.flatMap((m, i) => (m.address === address ? [told(machinePath(i, 'address'), `${m.name} has`)] : [])),
    ...(cluster.loadBalancer?.addressPool ?? []).flatMap((text, i) => {
      const range = parsePool(text)
      return range && within(gateway, range) ? [told(['spec', 'loadBalancer', 'addressPool', i], `the pool ${text} holds`)] : []
    }),
  ]
}
