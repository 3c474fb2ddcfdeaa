import type { EtcdClient } from '../client/etcd.js'
import type { KubernetesClient } from '../client/kubernetes.js'
import type { Fleet } from '../machine/fleet.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import type { MachineFacts } from '../model/observed.js'
import type { Timing } from '../model/timing.js'
import type { HostedSecrets } from '../render/hosted-names.js'
import type { ManagedFile } from '../render/machine-files.js'

/** Work that would interrupt users if two machines did it at once: on the entry to the API, on members of etcd, on control planes. */
export type Turn = 'entry' | 'etcd' | 'control-plane'

/** The cluster in which a hosted control plane runs. */
export interface HostAccess {
  cluster: Cluster
  fleet: Fleet
  /** Was it built from this computer, so that there are keys to it? */
  known: boolean
  /** A client to the first of its API servers that answers /readyz; undefined when none does within the deadline. */
  api(deadlineMs: number): Promise<KubernetesClient | undefined>
}

/** What a step may use. The world behind it is passed in, so a plan over 500 fake machines runs the same code. */
export interface StepContext {
  cluster: Cluster
  timing: Timing
  fleet: Fleet
  emit: Emit
  signal?: AbortSignal
  /** Facts of one machine, gathered in one round trip at the first question and kept until `forget`. */
  facts(machine: string): Promise<MachineFacts>
  forget(machine: string): void
  /** What a step has just done to a machine and need not ask for: digests of files, states of units. Where a step cannot know, it forgets. */
  learn(machine: string, news: { files?: Record<string, string>; units?: Record<string, string> }): void
  /** Every file that quorate keeps on this machine. While planning, keys that were never issued are absent: undefined. */
  desired(machine: string): Promise<ManagedFile[] | undefined>
  /** A client to the first API server that answers /readyz at its own address; undefined when none does within the deadline. */
  api(deadlineMs: number): Promise<KubernetesClient | undefined>
  /** Choose an API server anew at the next question: the one that was chosen is late. */
  forgetApi(): void
  /** Clients to every etcd member of the file, or of the user's own etcd; empty while planning a cluster that has no keys yet. */
  etcd: readonly { machine: string; client: EtcdClient }[]
  /** A client by the way that every client outside takes; undefined while planning a cluster that has no keys yet. */
  endpoint: KubernetesClient | undefined
  /** Was this cluster in service before? Then an etcd member without data has lost it. */
  etcdServedBefore(): Promise<boolean>
  /** Does work of one kind on one machine at a time. What starts for the first time needs no turn: nobody uses it yet. */
  inTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T>
  /** Throws Fault Q4020 when the other members of etcd alone would be no quorum. */
  requireQuorumWithout(machine: string): Promise<void>
  /** Brings programs and images to a machine that lacks them; a lab's machines are made with them. */
  install?: (machine: string) => Promise<void>
  /** Absent where the control plane runs on machines of the cluster itself. */
  host?: HostAccess
  /** Keys and certificates of the pods of a hosted control plane. While planning, those never issued are absent: undefined. */
  hostedSecrets?: () => Promise<HostedSecrets | undefined>
  /** Digest of programs and images as stamped on a machine that has them. */
  bundleDigest: string
}
