import type { KubernetesClient } from '../../client/kubernetes.js'
import type { Fleet } from '../../machine/fleet.js'
import { type Cluster, workers } from '../../model/cluster.js'
import { nodeLocalPort } from '../../render/endpoint.js'
import { probeName, probeNamespace, probePort } from '../../render/probe.js'
import type { ProbeClass } from '../faults/fault.js'
import { isVoid, type Sample, type Series } from '../samples.js'
import { keepAgent } from './agent.js'
import type { MachineClock } from './clock.js'
import { dnsAnswered, dnsQuery } from './dns-query.js'
import { type Ask, inClusterScript, onNodeScript } from './in-cluster-script.js'

const silentMs = 4000
const probes = {
  // Each makes a line in the log of an API server, so they are few.
  service: { probe: 'Service from a pod', hz: 5 },
  pods: { probe: 'pod to Service to pod', hz: 10 },
  dns: { probe: 'DNS', hz: 10 },
  // Where every node has a proxy of its own there is no other entry that a failure of one machine should leave.
  proxy: { probe: 'new connection', hz: 20 },
} as const satisfies Record<string, { probe: ProbeClass; hz: number }>

type Key = keyof typeof probes
const fromPods: readonly Key[] = ['service', 'pods', 'dns']
const intervalOf = (key: string): number => 1000 / (key in probes ? probes[key as Key].hz : 1)

type Service = { spec?: { clusterIP?: string } }

const clusterIp = async (client: KubernetesClient, namespace: string, name: string): Promise<string | undefined> => {
  const service = await client.find<Service>(`/api/v1/namespaces/${namespace}/services/${name}`, { deadlineMs: 3000 })
  const address = service?.spec?.clusterIP
  return address && /^[\d.]+$/.test(address) ? address : undefined
}

/** Plain HTTP to a TLS port: that refusal is the API server's own word, and costs neither keys nor a handshake. */
const refusal = { send: (): Uint8Array => http('/readyz'), expect: 'HTTPS server' }

const ask = (key: Key, rest: Omit<Ask, 'key' | 'intervalMs'>): Ask => ({ key, intervalMs: intervalOf(key), ...rest })

/** What is asked of a node's own proxy. */
const ownProxy = (): Ask[] => [
  ask('proxy', { protocol: 'tcp', address: '127.0.0.1', port: nodeLocalPort, send: refusal.send(), expect: refusal.expect }),
]

const http = (path: string): Uint8Array => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n`)

/** What is asked, of Services that exist. */
export const asksOf = async (client: KubernetesClient, dnsDomain: string): Promise<Ask[]> => {
  const [api, probe, dns] = await Promise.all([
    clusterIp(client, 'default', 'kubernetes'),
    clusterIp(client, probeNamespace, probeName),
    clusterIp(client, 'kube-system', 'kube-dns'),
  ])
  return [
    ...(api ? [ask('service', { protocol: 'tcp', address: api, port: 443, send: refusal.send(), expect: refusal.expect })] : []),
    ...(probe
      ? [ask('pods', { protocol: 'tcp', address: probe, port: 80, send: http('/hostname'), expect: '^HTTP/1.1 200 .*\\r\\n\\r\\n.' })]
      : []),
    ...(dns
      ? [
          ask('dns', {
            protocol: 'udp',
            address: dns,
            port: 53,
            send: dnsQuery(`kubernetes.default.svc.${dnsDomain}`),
            expect: dnsAnswered,
          }),
        ]
      : []),
  ]
}

/** What one machine's agent told. */
export class InCluster {
  readonly samples = new Map<string, Sample[]>()
  #stalls: { fromMs: number; toMs: number }[] = []
  notes: string[] = []

  constructor(private readonly interval: (key: string) => number = intervalOf) {}

  line(line: string, clock: MachineClock): void {
    const [word, ...rest] = line.split(' ')
    if (word === 'hello' || word === '.') clock.heard(Number(rest[0]), word === 'hello')
    else if (word === 'v') this.#stalls.push({ fromMs: clock.toOurs(Number(rest[0])), toMs: clock.toOurs(Number(rest[1])) })
    else if (word === 's') {
      const [key = '', due, took, ...why] = rest
      const atMs = clock.toOurs(Number(due))
      const tookMs = Number(took)
      const stalled = this.#stalls.reduce(
        (sum, one) => sum + Math.max(0, Math.min(one.toMs, atMs + tookMs) - Math.max(one.fromMs, atMs)),
        0,
      )
      const cause = why.join(' ')
      const list = this.samples.get(key) ?? []
      list.push({
        atMs,
        tookMs,
        ok: cause === '',
        ...(cause === '' ? {} : { why: cause }),
        ...(isVoid(stalled, tookMs, this.interval(key)) ? { void: true as const } : {}),
      })
      this.samples.set(key, list)
      if (this.#stalls.length > 200) this.#stalls = this.#stalls.slice(-100)
    } else if (!line.startsWith('+')) this.notes = [...this.notes.slice(-4), line.slice(0, 200)]
  }
}

export interface InClusterSampler {
  series(fromMs: number, toMs: number): Series[]
  forget(beforeMs: number): void
  /** Machines from which nothing came at all, with the last words of their sessions. */
  silent(): { machine: string; says: string }[]
}

/**
 * What pods feel: asks from the network of the probe pod on every worker, until the signal; with node-local proxies what the nodes
 * themselves feel, too. A worker that is itself the victim tells nothing meanwhile, which is no failure of anybody else.
 */
export const sampleInCluster = (
  cluster: Cluster,
  fleet: Fleet,
  asks: () => readonly Ask[] | undefined,
  clockOf: (machine: string) => MachineClock,
  signal: AbortSignal,
): InClusterSampler => {
  const inPod = (): string | undefined => {
    const known = asks()
    return known === undefined || known.length === 0 ? undefined : inClusterScript(known, 'agnhost', probePort)
  }
  const kinds: { keys: readonly Key[]; script: () => string | undefined }[] = [{ keys: fromPods, script: inPod }]
  if (cluster.balancer === 'node-local') kinds.push({ keys: ['proxy'], script: () => onNodeScript(ownProxy()) })
  const agents = workers(cluster).flatMap((m) =>
    kinds.map((kind) => ({ ...kind, name: m.name, clock: clockOf(m.name), told: new InCluster() })),
  )
  for (const { name, clock, told, script } of agents) {
    void keepAgent({
      machine: fleet.machine(name),
      script,
      onLine: (line) => told.line(line, clock),
      onEnd: (reason) => told.notes.push(reason),
      silentMs,
      signal,
    })
  }
  return {
    series: (fromMs, toMs) =>
      agents.flatMap(({ name, told, clock, keys }) =>
        keys.map((key) => ({
          probe: probes[key].probe,
          server: name,
          intervalMs: intervalOf(key),
          ownDelayMs: clock.uncertaintyMs,
          samples: (told.samples.get(key) ?? []).filter((one) => one.atMs >= fromMs && one.atMs < toMs).sort((a, b) => a.atMs - b.atMs),
        })),
      ),
    forget: (beforeMs) => {
      for (const { told } of agents)
        for (const [key, samples] of told.samples)
          told.samples.set(
            key,
            samples.filter((one) => one.atMs >= beforeMs),
          )
    },
    silent: () =>
      agents.filter(({ told }) => told.samples.size === 0).map(({ name, told }) => ({ machine: name, says: told.notes.at(-1) ?? '' })),
  }
}
