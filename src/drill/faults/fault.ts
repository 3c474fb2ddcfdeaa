import type { Cluster, MachineSpec } from '../../model/cluster.js'
import type { Domain, FaultCategory } from '../../report/drill-report.js'

/** Who is hit, found by role in the moment before the fault: a machine's name says nothing about what would be lost with it. */
export type VictimRole =
  | 'nothing'
  | 'etcd leader'
  | 'etcd follower'
  | 'etcd leader and a follower'
  | 'as many etcd members as quorum cannot spare'
  | 'API server behind the endpoint'
  | 'another API server'
  | 'API server with an etcd of its own'
  | 'controller-manager leader'
  | 'scheduler leader'
  | 'virtual IP holder'
  | 'every balancer'
  | 'machine that is no balancer'
  | 'worker'
  | 'every worker'
  | 'one machine with CoreDNS'
  | 'every machine with CoreDNS'
  | 'zone'
  | 'every machine'

/** What a script may know of where it runs. */
export interface Scene {
  cluster: Cluster
  machine: MachineSpec
  /** All victims, this one included, in the order in which they were chosen: the first is the one that plays the role. */
  victims: readonly MachineSpec[]
  /** Unique among faults that may be open at the same time; names files and tables on the machine. */
  id: string
}

/** A fault on one machine as POSIX shell, run by root. Every text may be run again at any time. */
export interface MachineScripts {
  /** Before the baseline is measured: what the fault needs and what is not part of it. */
  prepare?: string
  inject: string
  /** Exits 0 and prints what was seen once the fault is in force; asked again and again. */
  effect: string
  /** Takes the fault and the preparation away, also half of them; does nothing where nothing is wrong. Runs by itself when nobody calls it. */
  undo: string
  /** Exits 0 and prints what was seen once it is gone; asked again and again. */
  undone: string
}

/** How a fault is made. Everything but `scripts` is done to a lab machine from outside. */
export type Mechanism =
  | { kind: 'nothing' }
  | { kind: 'scripts'; on: (scene: Scene) => MachineScripts }
  /** No power until it is undone: no FIN, no RST, nothing written any more. */
  | { kind: 'power' }
  /** Power lost on all victims, and back on them in random order, which is part of the fault. */
  | { kind: 'power-cycle' }
  /** Every process of the machine stands still; its network goes on answering. */
  | { kind: 'freeze' }
  /** A clean reboot from within. */
  | { kind: 'reboot' }

/** Names a prediction of predict.ts. */
export type PredictionKey =
  | 'nothing'
  | 'api-server-killed'
  | 'api-server-stopped'
  | 'api-server-frozen'
  | 'api-server-without-store'
  | 'proxy-killed'
  | 'proxy-frozen'
  | 'proxy-stopped'
  | 'vrrp-killed'
  | 'vrrp-stopped'
  | 'etcd-leader-lost'
  | 'etcd-leader-stuck'
  | 'etcd-leader-stopped'
  | 'etcd-leader-moved'
  | 'etcd-follower-lost'
  | 'holder-lost'
  | 'holder-stopped'
  | 'address-claimed'
  | 'control-plane-lost'
  | 'control-plane-stopped'
  | 'carrier-lost'
  | 'zone-lost'
  | 'pods-entry'
  | 'dns-pod-lost'
  | 'cold-start'
  | 'leases'
  | 'controllers'
  | 'unbounded'

/** Classes of clients, as reports name them. */
export type ProbeClass =
  | 'new connection'
  | 'new connection, one retry'
  | 'kept connection'
  | 'HTTP/2 with ping'
  | 'writes'
  | 'watch'
  | 'API server directly'
  | 'Service from a pod'
  | 'pod to Service to pod'
  | 'DNS'
  | 'controller-manager at work'
  | 'scheduler at work'

export interface Expectations {
  /** The class that the prediction speaks of. Default `new connection`. */
  headline?: ProbeClass
  /** Limits of other classes: a prediction each. */
  also?: Partial<Record<ProbeClass, PredictionKey>>
  /** Two holders of the virtual IP are what this fault makes; seeing them is no failure of the cluster. */
  splitIsTheFault?: true
  /** This claim of `quorate check` must be seen untrue while the fault is in force: the watcher is not blind. */
  claimSeen?: string
  /** All claims must hold again this long after the fault was undone. Default 120,000. */
  redundancyMs?: number
}

/** One fault: what is broken, on whom, how it is seen to be broken, how it is mended, and what is promised to users meanwhile. */
export interface FaultSpec {
  id: string
  title: string
  category: FaultCategory
  control?: 'must-fail' | 'must-hold'
  description: string
  victim: VictimRole
  mechanism: Mechanism
  /** In words, for people: how it is shown to be in force, and to be gone. */
  shownBy: string
  undoneBy: string
  /** What is lost entirely while it is in force. */
  lost: (victims: readonly MachineSpec[], cluster: Cluster) => Domain[]
  predicted: PredictionKey
  expects: Expectations
  /** In force for this long, measured from the proof of its effect. */
  holdMs: number
  /** Measured on after it was undone, and clean for this long. */
  settleMs: number
  /** Present when it can be made only on machines of a lab. */
  labOnly?: true
  /** Whether a cluster has what the fault breaks. */
  applies: (cluster: Cluster) => boolean
}
