import { type Cluster, controlPlanes, etcdMachines, type Hosted, hostedReplicas, nodes } from '../../model/cluster.js'
import { defaults } from '../defaults.js'
import { doubtful, type FieldPath, type Finding, wrong } from '../finding.js'
import { overlaps, parseAddress, parseCidr, parsePool, within } from '../ipv4.js'
import { validateTogether } from '../neighbours.js'
import { parsePortRange } from '../port-range.js'
import { listed, machinePath, type Rule } from './rule.js'

const hostedPath = (...rest: readonly (string | number)[]): FieldPath => ['spec', 'controlPlane', 'hosted', ...rest]

/** What listens on all addresses of a node; a Service that was given such a port would take it away. */
const portsOfNodes: readonly (readonly [number, string])[] = [
  [22, 'sshd'],
  [2379, 'etcd'],
  [2380, 'etcd'],
  [6443, 'the API server'],
  [10_250, 'kubelet'],
  [10_256, 'kube-proxy'],
]

export const nodePorts: Rule = ({ cluster }) => {
  const text = cluster.network.nodePortRange
  if (text === undefined) return []
  const path: FieldPath = ['spec', 'network', 'nodePortRange']
  const range = parsePortRange(text)
  if (!range) return [wrong('Q1657', path, { found: text })]
  const inside = portsOfNodes.filter(([port]) => port >= range.first && port <= range.last)
  if (inside.length === 0) return []
  return [doubtful('Q1658', path, { range: text, ports: listed(inside.map(([port, who]) => `${port} (${who})`)) })]
}

/** Roles that make no sense here, and the one balancer that does. */
export const hostedMembers: Rule = ({ cluster, wire }): Finding[] => {
  if (!wire.spec.controlPlane?.hosted) return []
  const roles = cluster.machines.flatMap((m, i) =>
    m.roles.flatMap((role, j) =>
      role === 'control-plane' || role === 'balancer' ? [wrong('Q1653', machinePath(i, 'roles', j), { name: m.name, role })] : [],
    ),
  )
  const balancer = cluster.balancer === 'node-local' ? [] : [wrong('Q1654', ['spec', 'balancer'], { found: cluster.balancer })]
  return [...balancer, ...roles]
}

const poolHolds = (host: Cluster, address: string): boolean => {
  const n = parseAddress(address)
  return (host.loadBalancer?.addressPool ?? []).some((text) => {
    const range = parsePool(text)
    return n !== undefined && range !== undefined && within(n, range)
  })
}

export const hostedService: Rule = ({ cluster: { hosted }, wire }): Finding[] => {
  const written = wire.spec.controlPlane?.hosted?.service ?? {}
  const kind = written.type ?? 'NodePort'
  if (kind === 'NodePort' && written.address !== undefined)
    return [wrong('Q1664', hostedPath('service', 'address'), { field: 'address', kind, wanted: 'port' })]
  if (kind === 'LoadBalancer' && written.port !== undefined)
    return [wrong('Q1664', hostedPath('service', 'port'), { field: 'port', kind, wanted: 'address' })]
  if (!hosted) return []
  const { host, service } = hosted
  if (service.type === 'NodePort') {
    const text = host.network.nodePortRange ?? defaults.nodePortRange
    const range = parsePortRange(text)
    if (!range || (service.port >= range.first && service.port <= range.last)) return []
    const path = written.port === undefined ? hostedPath('cluster') : hostedPath('service', 'port')
    return [wrong('Q1655', path, { port: service.port, range: text, host: host.name })]
  }
  if (poolHolds(host, service.address)) return []
  const why =
    service.address === ''
      ? 'the file names no address'
      : host.loadBalancer
        ? `${service.address} is not in ${host.loadBalancer.addressPool.join(', ')}`
        : `${host.name} has no spec.loadBalancer`
  return [{ ...wrong('Q1656', hostedPath('service'), { host: host.name, why }), atKey: true }]
}

/** The endpoint lies on the loopback of every node of this cluster, so nobody else may have it. */
export const endpointIsFree: Rule = ({ cluster: { hosted, machines, endpoint, network } }) => {
  if (!hosted) return []
  const path: FieldPath = ['spec', 'endpoint', 'address']
  const owner = [...machines, ...hosted.host.machines].find((m) => m.address === endpoint.address)
  const pooled = poolHolds(hosted.host, endpoint.address)
  const whose = owner?.name ?? (pooled ? `the pool of ${hosted.host.name}` : undefined)
  return whose === undefined ? [] : [wrong('Q1660', path, { address: endpoint.address, whose, subnet: network.machineSubnet })]
}

const meet = (a: string, b: string): boolean => {
  const [one, two] = [parseCidr(a), parseCidr(b)]
  return one !== undefined && two !== undefined && overlaps(one, two)
}

/** Both clusters work on the same machines' network, and their machines on one list of names. */
export const hostedNetwork: Rule = ({ cluster }): Finding[] => {
  const { hosted } = cluster
  if (!hosted) return []
  const { host } = hosted
  const here = (one: Cluster): boolean => one.machines.every((m) => m.ssh === undefined)
  const names = cluster.machines.flatMap((m, i) =>
    host.machines.some((one) => one.name === m.name) ? [wrong('Q1659', machinePath(i, 'name'), { name: m.name, host: host.name })] : [],
  )
  const services = meet(cluster.network.serviceSubnet, host.network.serviceSubnet)
    ? [
        wrong('Q1661', ['spec', 'network', 'serviceSubnet'], {
          subnet: cluster.network.serviceSubnet,
          otherSubnet: host.network.serviceSubnet,
          host: host.name,
        }),
      ]
    : []
  // What is wrong with the host's own file in this company is told here too: this file chose the company.
  const together = validateTogether([host, cluster]).map((one) => (one.cluster === 1 ? one : { ...one, path: hostedPath('cluster') }))
  const apart =
    here(cluster) !== here(host)
      ? [
          wrong('Q1663', hostedPath('cluster'), {
            host: host.name,
            why: 'one of the two is made on this computer, the other is reached over SSH',
          }),
        ]
      : here(cluster) && cluster.network.machineSubnet !== host.network.machineSubnet
        ? [
            wrong('Q1663', hostedPath('cluster'), {
              host: host.name,
              why: `the machines are in ${cluster.network.machineSubnet} and ${host.network.machineSubnet}`,
            }),
          ]
        : []
  return [...apart, ...names, ...services, ...together]
}

/** What the guest inherits from a host that is not highly available itself. */
const weaknesses = (hosted: Hosted): string[] => {
  const { host } = hosted
  const count = nodes(host).length
  const zones = new Set(nodes(host).flatMap((m) => (m.zone ? [m.zone] : [])))
  return [
    ...(controlPlanes(host).length < 2 ? ['one control plane'] : []),
    ...(!host.etcd.external && etcdMachines(host).length < 3 ? ['one etcd member'] : []),
    ...(hostedReplicas(hosted) < hosted.replicas ? [`${count} nodes for ${hosted.replicas} replicas`] : []),
    ...(hosted.replicas < 2 ? ['a single replica'] : []),
    ...(zones.size === 1 ? ['a single zone'] : []),
  ]
}

export const hostIsAvailable: Rule = ({ cluster: { hosted, machines } }) => {
  if (!hosted) return []
  const weak = weaknesses(hosted)
  if (machines.some((m) => m.zone) && !hosted.host.machines.some((m) => m.zone)) weak.push('no zones')
  return weak.length === 0 ? [] : [doubtful('Q1662', hostedPath('cluster'), { host: hosted.host.name, what: listed(weak) })]
}
