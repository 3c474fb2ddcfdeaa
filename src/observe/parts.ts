import type { PeerCertificate } from 'node:tls'
import { reasonOf } from '../client/transport.js'
import type { Fleet } from '../machine/fleet.js'
import { type Cluster, hasVirtualIp } from '../model/cluster.js'
import type { Observed } from '../model/observed.js'
import { proxyPlace } from '../render/endpoint.js'
import { metallbNamespace } from '../render/metallb.js'
import { probeNamespace } from '../render/probe.js'
import { observeApiServers, observeEndpoint } from './api-facts.js'
import { observeBalancer } from './balancer-facts.js'
import type { Connections } from './connections.js'
import { askEntries } from './entries.js'
import { observeEtcd } from './etcd-facts.js'
import type { FirstAnswer } from './first-answer.js'
import { observeHosted } from './hosted.js'
import type { Live, ServedCertificate } from './live.js'
import { observeMachine } from './machine-facts.js'
import { leaseFactsOf, nodeFactsOf, podFactsOf } from './objects.js'
import { askProbes } from './probes.js'
import { askWeb } from './web.js'

/** What can be looked at on its own. A claim names the parts it needs, so that waiting looks at nothing else. */
export type Part =
  | 'machines'
  | 'etcd'
  | 'etcd-hash'
  | 'api-servers'
  | 'endpoint'
  | 'balancers'
  | 'leases'
  | 'nodes'
  | 'pods'
  | 'api-addresses'
  | 'budgets'
  | 'certificates'
  | 'probes'
  | 'web'
  | 'entries'
  | 'hosted'

export interface PartContext {
  cluster: Cluster
  fleet: Fleet
  connections: Connections
  anyServer: FirstAnswer
  deadlineMs: number
  signal?: AbortSignal
  /** Files to sum on every machine. */
  files?: readonly string[]
}

/** Only the fields that a part knows. */
export type Sight = Partial<Omit<Observed, 'v' | 'cluster' | 'at'>> & Live

const callOf = ({ deadlineMs, signal }: PartContext) => ({ deadlineMs, ...(signal ? { signal } : {}) })

const unitsOf = (cluster: Cluster): string[] => [
  'containerd.service',
  'kubelet.service',
  'etcd.service',
  cluster.balancer === 'nginx-keepalived' ? 'nginx.service' : 'haproxy.service',
  'keepalived.service',
]

const virtualIpOf = (cluster: Cluster): string | undefined => (hasVirtualIp(cluster) ? cluster.endpoint.address : undefined)

/** Asks the first API server that answers; both halves of a question go to the same one. */
const ask = <T>(
  ctx: PartContext,
  path: string,
  read: (items: Parameters<typeof nodeFactsOf>[0][]) => T,
  labelSelector?: string,
): Promise<T> =>
  ctx.anyServer.ask(
    async (client, signal) =>
      read((await client.list(path, { deadlineMs: ctx.deadlineMs, signal, ...(labelSelector ? { labelSelector } : {}) })).items),
    ctx.signal,
  )

/** The certificate that each API server shows at its own address. */
const serverCertificates = async (ctx: PartContext): Promise<{ machine: string; peer: PeerCertificate }[]> => {
  const seen = await Promise.all(
    [...ctx.connections.apiServers].map(async ([machine, client]) => {
      // Any call makes a handshake where none was made yet.
      if (!client.peerCertificate) await client.readyz(callOf(ctx)).catch(() => undefined)
      const peer = client.peerCertificate
      return peer ? [{ machine, peer }] : []
    }),
  )
  return seen.flat()
}

const servedCertificates = async (ctx: PartContext): Promise<ServedCertificate[]> =>
  (await serverCertificates(ctx)).map(({ machine, peer }) => {
    const names = (peer.subjectaltname ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''))
    return { machine, notAfterMs: Date.parse(peer.valid_to), names }
  })

/** How each part is looked at. A part throws only when nothing at all was seen of it. */
export const parts: Readonly<Record<Part, (ctx: PartContext) => Promise<Sight>>> = {
  machines: async (ctx) => ({
    machines: await Promise.all(
      ctx.cluster.machines.map((m) =>
        observeMachine(
          ctx.fleet.machine(m.name),
          { files: ctx.files ?? [], units: unitsOf(ctx.cluster) },
          { timeoutMs: ctx.deadlineMs, ...(ctx.signal ? { signal: ctx.signal } : {}) },
        ),
      ),
    ),
  }),
  etcd: async (ctx) => ({ etcd: await observeEtcd(ctx.connections.etcd, callOf(ctx)) }),
  'etcd-hash': async (ctx) => ({ etcd: await observeEtcd(ctx.connections.etcd, { ...callOf(ctx), hash: true }) }),
  'api-servers': async (ctx) => ({ apiServers: await observeApiServers(ctx.connections.apiServers, { ...callOf(ctx), version: true }) }),
  endpoint: async (ctx) => ({ endpoint: await observeEndpoint(ctx.connections.endpoint, callOf(ctx)) }),
  balancers: async (ctx) => {
    const virtualIp = virtualIpOf(ctx.cluster)
    const sights = await Promise.all(
      ctx.cluster.machines
        .filter((m) => proxyPlace(ctx.cluster, m) !== undefined)
        .map((m) =>
          observeBalancer(ctx.fleet.machine(m.name), ctx.cluster, virtualIp, {
            timeoutMs: ctx.deadlineMs,
            ...(ctx.signal ? { signal: ctx.signal } : {}),
          }),
        ),
    )
    return {
      balancers: sights.map((one) => one.facts),
      virtualIpHolders: sights.filter((one) => one.holdsVirtualIp).map((one) => one.facts.machine),
    }
  },
  leases: async (ctx) => ({
    leases: await ask(ctx, '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', (items) => {
      const nowMs = Date.now()
      return items.map((one) => leaseFactsOf(one, nowMs))
    }),
  }),
  nodes: async (ctx) => ({ nodes: await ask(ctx, '/api/v1/nodes', (items) => items.map(nodeFactsOf)) }),
  pods: async (ctx) => {
    const lists = await Promise.all(
      ['kube-system', probeNamespace, ...(ctx.cluster.loadBalancer ? [metallbNamespace] : [])].map((namespace) =>
        ask(ctx, `/api/v1/namespaces/${namespace}/pods`, (items) => items.map(podFactsOf)),
      ),
    )
    return { pods: lists.flat() }
  },
  'api-addresses': async (ctx) => ({
    apiAddresses: await ask(
      ctx,
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      (items) => {
        const endpoints = items.flatMap((slice) => (slice.endpoints ?? []) as { addresses?: string[] }[])
        return endpoints.flatMap((one) => one.addresses ?? [])
      },
      'kubernetes.io/service-name=kubernetes',
    ),
  }),
  budgets: async (ctx) => ({
    budgets: await ask(ctx, '/apis/policy/v1/namespaces/kube-system/poddisruptionbudgets', (items) =>
      items.map((one) => {
        const spec = one.spec as { selector?: { matchLabels?: Record<string, string> } } | undefined
        return { name: one.metadata.name, matchLabels: spec?.selector?.matchLabels ?? {} }
      }),
    ),
  }),
  certificates: async (ctx) => ({ certificates: await servedCertificates(ctx) }),
  probes: async (ctx) => ({
    // Dials inside the cluster take their time; a second server would only ask the same pods again.
    probes: await ctx.anyServer.ask(
      (client, signal) => askProbes(client, { deadlineMs: ctx.deadlineMs, signal }),
      ctx.signal,
      ctx.deadlineMs,
    ),
  }),
  entries: async (ctx) => {
    const machineOf = new Map((await serverCertificates(ctx)).map(({ machine, peer }) => [peer.serialNumber, machine]))
    const machine = (name: string) => ctx.fleet.machine(name)
    return { entries: await askEntries(ctx.cluster, machine, (serial) => machineOf.get(serial), ctx.signal ? { signal: ctx.signal } : {}) }
  },
  hosted: async (ctx) => {
    if (!ctx.connections.host) throw new Error('there are no keys of the host cluster on this computer')
    return { hosted: await observeHosted(ctx.cluster, ctx.connections.host, callOf(ctx)) }
  },
  web: async (ctx) => ({
    web: await ctx.anyServer.ask(
      (client, signal) =>
        askWeb(client, (host, port, options) => ctx.fleet.dial(host, port, options), { deadlineMs: ctx.deadlineMs, signal }),
      ctx.signal,
      ctx.deadlineMs,
    ),
  }),
}

/** `entries` tries each node's way in many times, one after another. */
const longestLookMs = (part: Part): number => (part === 'entries' ? 45_000 : 15_000)

/** Looks at one part; what could not be seen is said under `unseen` instead of thrown. Throws only the reason of the caller's signal. */
export const lookAt = async (part: Part, ctx: PartContext): Promise<Sight> => {
  // Every question has a deadline of its own; this one is for the question that forgot it. Nobody waits for one part for ever.
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not seen within ${longestLookMs(part) / 1000} s`)), longestLookMs(part))
  })
  try {
    return await Promise.race([parts[part](ctx), late])
  } catch (error) {
    if (ctx.signal?.aborted) throw ctx.signal.reason
    return { unseen: { [part]: reasonOf(error) } }
  } finally {
    clearTimeout(timer)
  }
}
