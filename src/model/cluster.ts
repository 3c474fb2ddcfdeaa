/** The one description of a cluster that every later stage reads. It has no version: config/ converts every file version into it. */

export type Role = 'control-plane' | 'etcd' | 'worker' | 'balancer'
export const roles: readonly Role[] = ['control-plane', 'etcd', 'worker', 'balancer']

/** What stands between clients and the API servers. */
export type BalancerKind = 'haproxy-keepalived' | 'nginx-keepalived' | 'node-local' | 'external'
export const balancerKinds: readonly BalancerKind[] = ['haproxy-keepalived', 'nginx-keepalived', 'node-local', 'external']

/** `guide` is what the field's guides copy. It exists only to be compared against. */
export type TimingName = 'fast' | 'standard' | 'wide-area' | 'guide'
export const timingNames: readonly TimingName[] = ['fast', 'standard', 'wide-area', 'guide']

/** How to reach a machine over SSH. Absent on machines that quorate makes on this computer. */
export interface SshAccess {
  user: string
  port: number
  /** Private key file; absent = what ssh_config and the agent offer. */
  identityFile?: string
  /** Host keys that are believed; absent = the user's known_hosts. */
  knownHostsFile?: string
}

/** A host that we install on. Its Kubernetes node, if it has one, carries the same name. */
export interface MachineSpec {
  name: string
  /** IPv4 address at which SSH, etcd peers and the API server are reached. */
  address: string
  /** Failure domain; becomes the label topology.kubernetes.io/zone. */
  zone?: string
  roles: Role[]
  ssh?: SshAccess
}

export type NetworkPlugin = { kind: 'routed' } | { kind: 'manifest'; path: string } | { kind: 'none' }

export interface ExternalEtcd {
  endpoints: string[]
  /** Paths on this computer. */
  caFile: string
  certFile: string
  keyFile: string
  /** Key prefix of this cluster; lets two clusters share one etcd. */
  prefix?: string
}

/** How the API servers of a hosted control plane are reached at the machines of its host. */
export type HostedService = { type: 'NodePort'; port: number } | { type: 'LoadBalancer'; address: string }

/** The control plane runs as pods of another cluster. */
export interface Hosted {
  /** The cluster in which the pods run, as its own file tells. */
  host: Cluster
  /** Absolute path of that file. */
  hostFile: string
  /** Pods of each component, each on a node of its own. */
  replicas: number
  service: HostedService
}

export interface Cluster {
  name: string
  /** With leading v, as Kubernetes writes it. */
  kubernetesVersion: string
  /** Where every client reaches the API: the virtual IP, or the address of a balancer of the user's. */
  endpoint: { address: string; port: number }
  balancer: BalancerKind
  timing: TimingName
  network: {
    podSubnet: string
    serviceSubnet: string
    /** Subnet of the machines and of the virtual IP; derived as the /24 around the machines when the file is silent. */
    machineSubnet: string
    dnsDomain: string
    plugin: NetworkPlugin
    /** Ports that Services may take on every node, `FIRST-LAST`; absent = Kubernetes' own, 30000-32767. */
    nodePortRange?: string
  }
  /** VRRP router id, 1..255, unique on the network segment. */
  virtualRouterId: number
  etcd: { external?: ExternalEtcd }
  dns: { replicas: number }
  /** Addresses for Services of type LoadBalancer; MetalLB is installed only when this is present. */
  loadBalancer?: { addressPool: string[] }
  machines: MachineSpec[]
  /** Absent = the control plane runs on machines of this cluster. */
  hosted?: Hosted
}

/** Where etcd is; where the control plane is says `hosted`. */
export type Topology = 'stacked' | 'external-etcd' | 'user-etcd'

export const withRole = (cluster: Cluster, role: Role): MachineSpec[] => cluster.machines.filter((m) => m.roles.includes(role))
export const controlPlanes = (cluster: Cluster): MachineSpec[] => withRole(cluster, 'control-plane')
export const etcdMachines = (cluster: Cluster): MachineSpec[] => withRole(cluster, 'etcd')
export const workers = (cluster: Cluster): MachineSpec[] => withRole(cluster, 'worker')
export const balancers = (cluster: Cluster): MachineSpec[] => withRole(cluster, 'balancer')
/** Machines that run a kubelet. */
export const nodes = (cluster: Cluster): MachineSpec[] =>
  cluster.machines.filter((m) => m.roles.includes('control-plane') || m.roles.includes('worker'))

export const topologyOf = (cluster: Cluster): Topology => {
  if (cluster.etcd.external) return 'user-etcd'
  return etcdMachines(cluster).every((m) => m.roles.includes('control-plane')) ? 'stacked' : 'external-etcd'
}

export const hasVirtualIp = (cluster: Cluster): boolean =>
  cluster.balancer === 'haproxy-keepalived' || cluster.balancer === 'nginx-keepalived'

/**
 * Where a node's own proxy listens for the pods of its node, which have a loopback of their own. Kubernetes takes no loopback or link-local address behind a
 * Service (k8s.io/kubernetes: ValidateNonSpecialIP); this is one of the block for documentation, which no network routes (RFC 5737).
 */
export const nodeLocalAddress = '192.0.2.1'

/**
 * Do pods reach the API through the balancer, as everybody else does? Otherwise by the addresses that each API server writes of itself, of which one that
 * died stays until its lease of 15 s has run out. The profile of the guides leaves it so.
 */
export const podsUseBalancer = (cluster: Cluster): boolean =>
  cluster.hosted !== undefined || (cluster.timing !== 'guide' && controlPlanes(cluster).length > 1)

/** Pods of each component of a hosted control plane: never more than there are nodes, since no two share one. */
export const hostedReplicas = ({ host, replicas }: Hosted): number => Math.min(replicas, nodes(host).length)

/** How many API servers this cluster has, wherever they run. */
export const apiServerCount = (cluster: Cluster): number =>
  cluster.hosted ? hostedReplicas(cluster.hosted) : controlPlanes(cluster).length

/** Votes needed out of n: floor(n/2)+1. */
export const quorumOf = (members: number): number => Math.floor(members / 2) + 1
