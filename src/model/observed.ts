/** What is true on one machine, gathered in one round trip. Absent = could not be asked. */
export interface MachineFacts {
  machine: string
  /** Milliseconds since the epoch, this computer's clock. */
  observedAtMs: number
  reachable: boolean
  /** Why it was not reachable. */
  error?: string
  hostname: string
  kernel: string
  os: string
  cpus: number
  /** Kind of container that the machine is, as systemd names it: systemd-nspawn, lxc. Absent = a machine of its own. */
  container?: string
  memoryBytes: number
  /** Free bytes where /var/lib lives. */
  diskFreeBytes: number
  /** The machine's clock minus ours, milliseconds: as much of it as is certain, since an answer takes its time. */
  clockSkewMs: number
  /** IPv4 addresses with prefix length, per interface: {"host0": ["10.99.0.21/24"]}. */
  addresses: Record<string, string[]>
  /** sha256 in hex of every managed file that exists. */
  files: Record<string, string>
  /** systemd ActiveState by unit name: active, inactive, failed, activating. */
  units: Record<string, string>
  /** Versions of installed programs by name: {"kubelet": "v1.36.3"}. */
  versions: Record<string, string>
}

export interface EtcdMemberFacts {
  /** Hex, as etcdctl prints. */
  id: string
  name: string
  peerUrls: string[]
  clientUrls: string[]
  isLearner: boolean
}

export interface EtcdFacts {
  machine: string
  endpoint: string
  reachable: boolean
  error?: string
  memberId?: string
  clusterId?: string
  leaderId?: string
  raftTerm?: number
  raftIndex?: number
  revision?: number
  version?: string
  dbSizeBytes?: number
  dbSizeInUseBytes?: number
  /** Space quota of the store; absent when the server does not say. */
  dbQuotaBytes?: number
  isLearner?: boolean
  errors?: string[]
  alarms?: { memberId: string; alarm: string }[]
  members?: EtcdMemberFacts[]
  /** HashKV at `hashRevision`, hex. */
  hash?: string
  hashRevision?: number
  compactRevision?: number
}

export interface ApiServerFacts {
  machine: string
  endpoint: string
  ready: boolean
  /** Names of failed /readyz checks, or the transport error. */
  failed: string[]
  version?: string
  latencyMs?: number
}

export interface BackendFacts {
  backend: string
  server: string
  /** As haproxy says: UP, DOWN, MAINT, "no check". */
  status: string
  checkStatus: string
}

export interface BalancerFacts {
  machine: string
  /** False = the machine could not be asked, so `running` says nothing. Absent = it was. */
  reachable?: boolean
  running: boolean
  error?: string
  backends: BackendFacts[]
  /** keepalived's own word: MASTER, BACKUP, FAULT; absent when unknown. */
  vrrpState?: string
  /** sha256 of the proxy's configuration, hex. */
  configSum?: string
}

export interface LeaseFacts {
  name: string
  holder: string
  renewAgeMs: number
  durationMs: number
  transitions: number
}

export interface NodeFacts {
  name: string
  ready: boolean
  reason: string
  zone?: string
  podCidr?: string
  kubeletVersion: string
  internalIp?: string
  unschedulable: boolean
}

export interface PodFacts {
  namespace: string
  name: string
  node?: string
  ready: boolean
  phase: string
  reason?: string
  ip?: string
  restarts: number
  labels: Record<string, string>
}

/** Everything seen at one moment. Every part may be missing: a cluster is looked at even when half of it is down. */
export interface Observed {
  v: 1
  cluster: string
  at: string
  machines: MachineFacts[]
  etcd: EtcdFacts[]
  apiServers: ApiServerFacts[]
  balancers: BalancerFacts[]
  /** Machines that carry the virtual IP right now. */
  virtualIpHolders: string[]
  /** /readyz asked through the endpoint. */
  endpoint?: { ready: boolean; error?: string; latencyMs?: number }
  leases: LeaseFacts[]
  nodes: NodeFacts[]
  pods: PodFacts[]
  /** Parts that could not be seen at all, and why: an empty list under such a name says nothing. */
  unseen?: Record<string, string>
}
