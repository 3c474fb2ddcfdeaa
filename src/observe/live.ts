import type { HostedFacts } from './hosted.js'

/** What the claims need beyond `Observed`: answers from inside the cluster, and small records of it. Every field absent = not asked, or no answer. */
export interface Live {
  /** Addresses behind the Service `kubernetes`: what pods reach the API by. */
  apiAddresses?: string[]
  /** PodDisruptionBudgets of kube-system. */
  budgets?: BudgetFacts[]
  certificates?: ServedCertificate[]
  /** Answers of the probe pods. */
  probes?: ProbeAnswer[]
  /** How the API is reached from each node. */
  entries?: EntryAnswer[]
  /** The web server behind the pool of addresses, asked from outside the cluster. */
  web?: WebAnswer
  /** The pods of a hosted control plane, as its host tells. */
  hosted?: HostedFacts
}

/** A node connected to the API several times, by the way that its own clients take. */
export interface EntryAnswer {
  node: string
  /** 0 = the machine could not be asked. */
  tries: number
  failed: number
  /** API servers that answered, known by their certificates. */
  servers: string[]
  /** Why the first one failed. */
  error?: string
}

/** What became of the Service of type LoadBalancer that every cluster with a pool has. */
export interface WebAnswer {
  /** Absent while no address was handed out. */
  address?: string
  /** The node that announces it, as its speaker tells. */
  announcer?: string
  ok: boolean
  /** The pod that answered, or why nobody did. */
  detail: string
}

export interface BudgetFacts {
  name: string
  matchLabels: Record<string, string>
}

/** The certificate that an API server shows to its clients. */
export interface ServedCertificate {
  machine: string
  notAfterMs: number
  /** DNS names and IP addresses it is valid for. */
  names: string[]
}

/** A probe pod was asked to reach something from where it is. */
export interface ProbeAnswer {
  /** Node of the pod that was asked. */
  node: string
  what: 'name' | 'pod' | 'service'
  /** "kubernetes.default", "w-2 (10.244.4.3)", "probe.quorate-system". */
  target: string
  ok: boolean
  /** What came back, or the error. */
  detail: string
}
