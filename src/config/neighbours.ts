import { type Cluster, hasVirtualIp } from '../model/cluster.js'
import { type FieldPath, type Finding, wrong } from './finding.js'
import { overlaps, parseAddress, parseCidr, parsePool, within } from './ipv4.js'
import { machinePath } from './rules/rule.js'

/** A finding about one of several clusters. */
export interface SharedFinding extends Finding {
  /** Place in the list of clusters of the one whose file it speaks of. */
  cluster: number
}

const name: FieldPath = ['metadata', 'name']
const endpoint: FieldPath = ['spec', 'endpoint', 'address']
const routerId: FieldPath = ['spec', 'virtualRouterId']
const podSubnet: FieldPath = ['spec', 'network', 'podSubnet']

const meet = (a: string, b: string): boolean => {
  const [one, two] = [parseCidr(a), parseCidr(b)]
  return one !== undefined && two !== undefined && overlaps(one, two)
}

/** Pods of a plugin of the user's may be wrapped in packets of the machines; only routed ones are seen on the network. */
const routesPods = (cluster: Cluster): boolean => cluster.network.plugin.kind === 'routed'

const machinesTwice = (own: Cluster, other: Cluster): Finding[] =>
  own.machines.flatMap((m, i) => {
    const twin = other.machines.find((one) => one.address === m.address)
    const data = { name: m.name, address: m.address, otherName: twin?.name ?? '', other: other.name }
    return twin ? [wrong('Q1604', machinePath(i, 'address'), data)] : []
  })

const pools = (own: Cluster, other: Cluster): Finding[] =>
  (own.loadBalancer?.addressPool ?? []).flatMap((text, i): Finding[] => {
    const path: FieldPath = ['spec', 'loadBalancer', 'addressPool', i]
    const range = parsePool(text)
    if (!range) return []
    const addresses: [string, string][] = [
      ['the endpoint', other.endpoint.address],
      ...other.machines.map((m): [string, string] => [m.name, m.address]),
    ]
    const taken = addresses.find(([, address]) => {
      const n = parseAddress(address)
      return n !== undefined && within(n, range)
    })
    if (taken) return [wrong('Q1607', path, { pool: text, what: taken[0], address: taken[1], other: other.name })]
    const shared = other.loadBalancer?.addressPool.find((one) => {
      const second = parsePool(one)
      return second && overlaps(second, range)
    })
    return shared === undefined ? [] : [wrong('Q1607', path, { pool: text, what: 'the pool', address: shared, other: other.name })]
  })

/** Two guests of one host at one port, or one address. */
const oneDoor = ({ hosted: own }: Cluster, { name: otherName, hosted: other }: Cluster): Finding[] => {
  if (!own || own.host.name !== other?.host.name) return []
  const [a, b] = [own.service, other.service].map((one) => (one.type === 'NodePort' ? `port ${one.port}` : one.address))
  if (a !== b) return []
  return [
    {
      ...wrong('Q1665', ['spec', 'controlPlane', 'hosted', 'service'], { door: a ?? '', other: otherName, host: own.host.name }),
      atKey: true,
    },
  ]
}

const pair = (own: Cluster, other: Cluster): Finding[] => {
  const both = hasVirtualIp(own) && hasVirtualIp(other)
  const etcd = [own.etcd.external, other.etcd.external]
  const prefixes = etcd.map((one) => one?.prefix ?? '/registry')
  const sharedEtcd = etcd[0]?.endpoints.some((url) => etcd[1]?.endpoints.includes(url))
  return [
    ...(own.name === other.name ? [wrong('Q1605', name, { name: own.name })] : []),
    ...(own.endpoint.address === other.endpoint.address && own.balancer !== 'external'
      ? [wrong('Q1601', endpoint, { address: own.endpoint.address, other: other.name })]
      : []),
    ...(both && own.virtualRouterId === other.virtualRouterId
      ? [wrong('Q1602', routerId, { id: own.virtualRouterId, other: other.name })]
      : []),
    ...(routesPods(own) && routesPods(other) && meet(own.network.podSubnet, other.network.podSubnet)
      ? [wrong('Q1603', podSubnet, { subnet: own.network.podSubnet, otherSubnet: other.network.podSubnet, other: other.name })]
      : []),
    ...machinesTwice(own, other),
    ...oneDoor(own, other),
    ...pools(own, other),
    ...(sharedEtcd && prefixes[0] === prefixes[1]
      ? [
          {
            ...wrong('Q1606', ['spec', 'etcd', 'external', 'prefix'], { other: other.name, prefix: prefixes[0] ?? '', name: own.name }),
            atKey: true,
          },
        ]
      : []),
  ]
}

/**
 * Rules between clusters on one network: addresses, router ids, pods, pools, a shared etcd. Each clash is told at the later of the two
 * clusters, except a pool of the earlier one that holds what is the later one's.
 */
export const validateTogether = (clusters: readonly Cluster[]): SharedFinding[] =>
  clusters.flatMap((own, i) =>
    clusters.slice(0, i).flatMap((other, j) => {
      const told = pair(own, other)
      const reverse = told.some((one) => one.problem.code === 'Q1607') ? [] : pools(other, own)
      return [...told.map((one) => ({ ...one, cluster: i })), ...reverse.map((one) => ({ ...one, cluster: j }))]
    }),
  )
