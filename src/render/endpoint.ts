import { type Cluster, controlPlanes, hasVirtualIp, type MachineSpec, nodeLocalAddress, nodes, podsUseBalancer } from '../model/cluster.js'

/** Port of every API server at its own machine's address; the endpoint's port may differ. */
export const apiServerPort = 6443
/** Where a node-local proxy listens on the loopback of every node. */
export const nodeLocalPort = 7443

export const apiServerUrl = (machine: Pick<MachineSpec, 'address'>): string => `https://${machine.address}:${apiServerPort}`

export interface ApiEntry {
  address: string
  port: number
}

/** Where a node's own proxy listens for pods. */
export const nodeLocalEntry: ApiEntry = { address: nodeLocalAddress, port: nodeLocalPort }

/** A place where an API server may be reached over the network of the machines. */
export interface ApiDoor extends ApiEntry {
  /** Of the machine behind it; of the host cluster where that is one address for all. */
  name: string
}

/**
 * Every place where an API server listens. With a hosted control plane these are the nodes of the host cluster, of which those without a pod of an API
 * server answer nobody (externalTrafficPolicy: Local), or the one address of its LoadBalancer.
 */
export const apiDoors = (cluster: Cluster): ApiDoor[] => {
  const { hosted } = cluster
  if (!hosted) return controlPlanes(cluster).map(({ name, address }) => ({ name, address, port: apiServerPort }))
  const { host, service } = hosted
  if (service.type === 'LoadBalancer') return [{ name: host.name, address: service.address, port: cluster.endpoint.port }]
  return nodes(host).map(({ name, address }) => ({ name, address, port: service.port }))
}

/** The endpoint as every client outside the nodes uses it. That of a hosted control plane is on its own nodes only, so others use a door. */
export const endpointUrl = (cluster: Cluster): string => {
  const { address, port } = (cluster.hosted && apiDoors(cluster)[0]) || cluster.endpoint
  return `https://${address}:${port}`
}

/** What every node has on its own loopback for the proxy beside it, so that pods reach that. */
export const entryOnNodes = (cluster: Cluster): ApiEntry | undefined => {
  if (cluster.hosted) return cluster.endpoint
  return cluster.balancer === 'node-local' && podsUseBalancer(cluster) ? nodeLocalEntry : undefined
}

/** What the Service `kubernetes` leads to; undefined where each API server writes itself there. */
export const podsEntry = (cluster: Cluster): ApiEntry | undefined =>
  podsUseBalancer(cluster) ? (entryOnNodes(cluster) ?? cluster.endpoint) : undefined

/** The addresses behind the Service `kubernetes`, whoever writes them. */
export const apiAddressesOfPods = (cluster: Cluster): string[] => {
  const entry = podsEntry(cluster)
  return entry ? [entry.address] : controlPlanes(cluster).map((m) => m.address)
}

/** What kube-proxy and workers use: their own proxy where there is one, else the endpoint. */
export const nodeEndpointUrl = (cluster: Cluster): string =>
  cluster.balancer === 'node-local' ? `https://127.0.0.1:${nodeLocalPort}` : endpointUrl(cluster)

/**
 * The API server a machine's kubelet talks to. A control plane uses its own, so that kubelet and API server are never of different
 * versions through a proxy (kubeadm's ControlPlaneKubeletLocalMode), and so that it needs no virtual IP to start.
 */
export const kubeletServerUrl = (cluster: Cluster, machine: MachineSpec): string =>
  machine.roles.includes('control-plane') ? apiServerUrl(machine) : nodeEndpointUrl(cluster)

/** Does a proxy for the virtual IP run beside an API server? Then the two must not listen on the same address. */
export const isColocated = (cluster: Cluster, machine: MachineSpec): boolean =>
  hasVirtualIp(cluster) && machine.roles.includes('balancer') && machine.roles.includes('control-plane')

/** Does haproxy run on this machine, and in which of its two places? */
export const proxyPlace = (cluster: Cluster, machine: MachineSpec): 'virtual-ip' | 'loopback' | undefined => {
  if (hasVirtualIp(cluster)) return machine.roles.includes('balancer') ? 'virtual-ip' : undefined
  if (cluster.balancer !== 'node-local') return undefined
  return machine.roles.includes('control-plane') || machine.roles.includes('worker') ? 'loopback' : undefined
}
