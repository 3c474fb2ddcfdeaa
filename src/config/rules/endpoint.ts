import { type Cluster, controlPlanes, hasVirtualIp, type MachineSpec, nodeLocalAddress } from '../../model/cluster.js'
import { doubtful, type FieldPath, type Finding, pathText, wrong } from '../finding.js'
import { parseAddress, parseCidr, within } from '../ipv4.js'
import { addressFault, derivedHint, unusable } from './addresses.js'
import type { Rule } from './rule.js'

const addressPath: FieldPath = ['spec', 'endpoint', 'address']
const portPath: FieldPath = ['spec', 'endpoint', 'port']

/** Every API server listens here at its own machine's address, whatever the endpoint's port. */
const apiServerPort = 6443

const ownerOf = (cluster: Cluster): MachineSpec | undefined => cluster.machines.find((m) => m.address === cluster.endpoint.address)

const isInside = (address: string, subnet: string): boolean => {
  const [n, block] = [parseAddress(address), parseCidr(subnet)]
  return n !== undefined && block !== undefined && within(n, block)
}

export const endpointAddress: Rule = ({ cluster }) => {
  const { address } = cluster.endpoint
  const n = parseAddress(address)
  if (n === undefined) return [wrong('Q1104', addressPath, { field: 'spec.endpoint.address', found: address, why: addressFault(address) })]
  const subnet = cluster.network.machineSubnet
  const why = unusable(n, subnet)
  return why ? [wrong('Q1106', addressPath, { field: 'spec.endpoint.address', address, why, subnet })] : []
}

/** A machine's own address is the endpoint only where no balancer of anybody's is meant: node-local. */
export const endpointIsNoMachine: Rule = ({ cluster }) => {
  const owner = ownerOf(cluster)
  if (!owner || cluster.balancer === 'node-local') return []
  const what =
    cluster.balancer === 'external'
      ? 'write the address of your balancer'
      : `take an address of ${cluster.network.machineSubnet} that no machine has`
  return [wrong('Q1201', addressPath, { address: owner.address, machine: owner.name, what })]
}

export const virtualIpInSubnet: Rule = (subject) => {
  const { cluster } = subject
  const { address } = cluster.endpoint
  const n = parseAddress(address)
  const subnet = cluster.network.machineSubnet
  if (!hasVirtualIp(cluster) || n === undefined || unusable(n, subnet) || !parseCidr(subnet) || isInside(address, subnet)) return []
  // Where it is among pods or Services, that is the mistake.
  if (isInside(address, cluster.network.podSubnet) || isInside(address, cluster.network.serviceSubnet)) return []
  return [wrong('Q1202', addressPath, { address, subnet, derived: derivedHint(subject) })]
}

/** Inside the machines' subnet it is not the endpoint but the subnets that are wrong, and disjointSubnets says so. */
export const endpointOutsidePods: Rule = ({ cluster }) => {
  const { address } = cluster.endpoint
  if (isInside(address, cluster.network.machineSubnet)) return []
  return (['podSubnet', 'serviceSubnet'] as const)
    .filter((field) => isInside(address, cluster.network[field]))
    .slice(0, 1)
    .map((field) => wrong('Q1203', addressPath, { address, field: `spec.network.${field}`, subnet: cluster.network[field] }))
}

/** With node-local the endpoint is only for clients outside the nodes, and something must answer there. */
export const nodeLocalEndpoint: Rule = ({ cluster, wire }): Finding[] => {
  if (cluster.balancer !== 'node-local' || wire.spec.controlPlane?.hosted) return []
  const { address, port } = cluster.endpoint
  const example = controlPlanes(cluster)[0]?.address ?? ''
  const owner = ownerOf(cluster)
  if (!owner) {
    const nobody = isInside(address, cluster.network.machineSubnet)
    return nobody ? [wrong('Q1204', addressPath, { address, example })] : []
  }
  if (!owner.roles.includes('control-plane')) {
    const why = `${owner.name} is no control plane`
    return [wrong('Q1205', addressPath, { address, port, why, meant: `a control plane's address, ${example}` })]
  }
  if (port !== apiServerPort) {
    const why = `the API server of ${owner.name} listens at port ${apiServerPort}`
    return [wrong('Q1205', portPath, { address, port, why, meant: `port ${apiServerPort}, or leave it out` })]
  }
  return controlPlanes(cluster).length > 1 ? [doubtful('Q1206', addressPath, { machine: owner.name })] : []
}

/** Every node has this address for itself, so nothing else can be reached there. */
export const nodeLocalAddressFree: Rule = ({ cluster, wire }) => {
  if (cluster.balancer !== 'node-local' || wire.spec.controlPlane?.hosted) return []
  const taken = (path: FieldPath, value: string): Finding =>
    wrong('Q1208', path, { field: pathText(path), value, address: nodeLocalAddress })
  if (cluster.endpoint.address === nodeLocalAddress) return [taken(addressPath, nodeLocalAddress)]
  return (['machineSubnet', 'podSubnet', 'serviceSubnet'] as const)
    .filter((field) => isInside(nodeLocalAddress, cluster.network[field]))
    .slice(0, 1)
    .map((field) => taken(['spec', 'network', field], cluster.network[field]))
}

/** Programs that listen on all addresses of a machine with a proxy, and so at the virtual IP too. */
const takenOn = (machine: MachineSpec): [number, string][] => {
  const node = machine.roles.includes('control-plane') || machine.roles.includes('worker')
  return [
    [machine.ssh?.port ?? 22, 'sshd'],
    ...(node ? ([[10_250, 'kubelet'], [10_256, 'kube-proxy']] as [number, string][]) : []), // biome-ignore format: pairs
  ]
}

export const endpointPortFree: Rule = ({ cluster }) => {
  if (!hasVirtualIp(cluster)) return []
  const { port } = cluster.endpoint
  for (const machine of cluster.machines.filter((m) => m.roles.includes('balancer'))) {
    const taken = takenOn(machine).find(([one]) => one === port)
    if (taken) return [wrong('Q1207', portPath, { port, machine: machine.name, by: taken[1] })]
  }
  return []
}
