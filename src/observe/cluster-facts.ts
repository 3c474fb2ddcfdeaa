import { setMaxListeners } from 'node:events'
import type { TlsIdentity } from '../client/transport.js'
import type { Fleet } from '../machine/fleet.js'
import { type Cluster, hasVirtualIp } from '../model/cluster.js'
import type { Observed } from '../model/observed.js'
import { type Connections, openConnections } from './connections.js'
import { FirstAnswer } from './first-answer.js'
import type { Live } from './live.js'
import { carries } from './machine-facts.js'
import { lookAt, type Part, type PartContext, type Sight } from './parts.js'

export interface ObserveOptions {
  cluster: Cluster
  fleet: Fleet
  adminTls: TlsIdentity
  etcdTls: TlsIdentity
  signal?: AbortSignal
  /** For each part and each machine; default 2,000. */
  deadlineMs?: number
  /** Kept connections of a caller that looks again and again; absent = opened and closed here. */
  connections?: Connections
  /** Files to sum on every machine. */
  files?: readonly string[]
}

/** Everything that `status` shows. The hash of every store is left out: it reads all of it. */
export const statusParts: readonly Part[] = ['machines', 'etcd', 'api-servers', 'endpoint', 'balancers', 'leases', 'nodes', 'pods']

export const emptyObserved = (cluster: string): Observed => ({
  v: 1,
  cluster,
  at: new Date().toISOString(),
  machines: [],
  etcd: [],
  apiServers: [],
  balancers: [],
  virtualIpHolders: [],
  leases: [],
  nodes: [],
  pods: [],
})

/** One signal ends many calls at once here; that is not the leak of listeners that Node would warn of. */
const widely = (signal: AbortSignal): AbortSignal => {
  const own = AbortSignal.any([signal])
  setMaxListeners(0, own)
  return own
}

export const contextOf = (options: ObserveOptions, connections: Connections): PartContext => ({
  cluster: options.cluster,
  fleet: options.fleet,
  connections,
  anyServer: new FirstAnswer([...connections.apiServers.values()]),
  deadlineMs: options.deadlineMs ?? 2000,
  ...(options.signal ? { signal: widely(options.signal) } : {}),
  ...(options.files ? { files: options.files } : {}),
})

/** Joins what parts saw into one picture. What one part could not see hides nothing of the others. */
export const join = (cluster: Cluster, sights: readonly Sight[]): { observed: Observed; live: Live } => {
  const observed = emptyObserved(cluster.name)
  const live: Live = {}
  const unseen: Record<string, string> = {}
  for (const { unseen: missing, apiAddresses, budgets, certificates, probes, web, entries, hosted, ...rest } of sights) {
    Object.assign(observed, rest)
    Object.assign(unseen, missing)
    if (apiAddresses) live.apiAddresses = apiAddresses
    if (budgets) live.budgets = budgets
    if (certificates) live.certificates = certificates
    if (probes) live.probes = probes
    if (web) live.web = web
    if (entries) live.entries = entries
    if (hosted) live.hosted = hosted
  }
  if (Object.keys(unseen).length > 0) observed.unseen = unseen
  return { observed, live }
}

/** Looks at the named parts at once. */
export const lookAtParts = async (options: ObserveOptions, wanted: readonly Part[]): Promise<{ observed: Observed; live: Live }> => {
  const connections = options.connections ?? openConnections(options)
  try {
    const ctx = contextOf(options, connections)
    const seen = join(options.cluster, await Promise.all(wanted.map((part) => lookAt(part, ctx))))
    if (hasVirtualIp(options.cluster)) {
      // A machine that is no balancer may hold the address as well, by mistake or by malice: all machines are looked at.
      const strangers = seen.observed.machines.filter((m) => carries(m.addresses, options.cluster.endpoint.address)).map((m) => m.machine)
      seen.observed.virtualIpHolders = [...new Set([...seen.observed.virtualIpHolders, ...strangers])]
    }
    return seen
  } finally {
    if (!options.connections) connections.close()
  }
}

/**
 * Everything about a running cluster, seen at one moment: each machine, each etcd member, each API server at its own address, in
 * parallel, each with a deadline. Never throws because something is down; throws only the reason of the caller's signal.
 */
export const observeCluster = async (options: ObserveOptions & { parts?: readonly Part[] }): Promise<Observed> =>
  (await lookAtParts(options, options.parts ?? statusParts)).observed
