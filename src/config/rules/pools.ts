import { nodes } from '../../model/cluster.js'
import { doubtful, type FieldPath, type Finding, pathText, wrong } from '../finding.js'
import { overlaps, parseAddress, parseCidr, parsePool, type Range, within } from '../ipv4.js'
import type { Rule } from './rule.js'

interface Pool {
  text: string
  path: FieldPath
  range: Range | undefined
}

const poolsOf = (texts: readonly string[]): Pool[] =>
  texts.map((text, i) => ({ text, path: ['spec', 'loadBalancer', 'addressPool', i], range: parsePool(text) }))

/** Each pool is told of its first clash only. */
export const addressPools: Rule = ({ cluster }) => {
  const pools = poolsOf(cluster.loadBalancer?.addressPool ?? [])
  const { network, endpoint } = cluster
  return pools.flatMap(({ text, path, range }, i): Finding[] => {
    if (!range) return [wrong('Q1701', path, { field: pathText(path), found: text })]
    const holds = (address: string): boolean => {
      const n = parseAddress(address)
      return n !== undefined && within(n, range)
    }
    const meets = (subnet: string): boolean => {
      const block = parseCidr(subnet)
      return block !== undefined && overlaps(block, range)
    }
    const clash = (what: string): Finding[] => [wrong('Q1702', path, { pool: text, what })]
    if (holds(endpoint.address)) return clash(`the endpoint ${endpoint.address}`)
    const machine = cluster.machines.find((m) => holds(m.address))
    if (machine) return clash(`the address ${machine.address} of ${machine.name}`)
    if (meets(network.podSubnet)) return clash(`the pod subnet ${network.podSubnet}`)
    if (meets(network.serviceSubnet)) return clash(`the Service subnet ${network.serviceSubnet}`)
    const before = pools.slice(0, i).find((one) => one.range && overlaps(one.range, range))
    if (before) return clash(`the pool ${before.text}`)
    const machines = parseCidr(network.machineSubnet)
    if (!machines || (within(range.first, machines) && within(range.last, machines))) return []
    return [doubtful('Q1703', path, { pool: text, subnet: network.machineSubnet })]
  })
}

/** Only a number that somebody wrote: the default of two on one node is harmless and said by other rules. */
export const dnsReplicas: Rule = ({ cluster, wire }) => {
  const replicas = wire.spec.dns?.replicas
  const count = nodes(cluster).length
  if (replicas === undefined || replicas <= count) return []
  return [doubtful('Q1704', ['spec', 'dns', 'replicas'], { replicas, nodes: count })]
}
