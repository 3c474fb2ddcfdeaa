import type { CallOptions } from '../client/http.js'
import type { KubernetesClient } from '../client/kubernetes.js'
import { reasonOf } from '../client/transport.js'
import type { PodFacts } from '../model/observed.js'
import { probeName, probeNamespace, probePort } from '../render/probe.js'
import type { ProbeAnswer } from './live.js'
import { podFactsOf } from './objects.js'

/** Pods of the probe's DaemonSet, by the label it has in render/. */
export const isProbe = (pod: PodFacts): boolean => pod.namespace === probeNamespace && pod.labels['app.kubernetes.io/name'] === probeName

interface Dial {
  what: ProbeAnswer['what']
  target: string
  host: string
  port: number
  request: string
  /** Is this answer of the other side the right one? */
  right(answer: string): boolean
}

/** agnhost's netexec: GET /dial makes the pod itself open the connection, and tells what came back. */
const dialFrom = async (client: KubernetesClient, pod: PodFacts, dial: Dial, options: CallOptions): Promise<ProbeAnswer> => {
  const query = new URLSearchParams({ host: dial.host, port: String(dial.port), request: dial.request, protocol: 'http', tries: '1' })
  const head = { node: pod.node ?? '', what: dial.what, target: dial.target }
  try {
    const answer = await client.proxyPod({ namespace: pod.namespace, name: pod.name, port: probePort }, `/dial?${query}`, options)
    const text = answer.body.toString('utf8').trim()
    if (answer.status !== 200) return { ...head, ok: false, detail: text.slice(0, 200) || `HTTP ${answer.status}` }
    const { responses = [], errors = [] } = JSON.parse(text) as { responses?: string[]; errors?: string[] }
    const said = (responses[0] ?? '').trim()
    return { ...head, ok: dial.right(said), detail: (said || errors[0] || 'no answer').slice(0, 200) }
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    return { ...head, ok: false, detail: reasonOf(error) }
  }
}

/** What every probe pod is asked for: a name of the cluster, the probe on the next node, the Service of all probes. */
const dialsOf = (next: PodFacts | undefined, names: ReadonlySet<string>): Dial[] => [
  {
    what: 'name',
    target: 'kubernetes.default',
    host: 'kubernetes.default',
    port: 443,
    request: 'readyz',
    // Plain HTTP to the TLS port: the API server's refusal proves that the name resolved and that it was reached.
    right: (answer) => /HTTPS server/i.test(answer),
  },
  ...(next?.ip
    ? [
        {
          what: 'pod' as const,
          target: `${next.node} (${next.ip})`,
          host: next.ip,
          port: probePort,
          request: 'hostname',
          right: (answer: string) => answer === next.name,
        },
      ]
    : []),
  {
    what: 'service',
    target: `${probeName}.${probeNamespace}`,
    host: `${probeName}.${probeNamespace}`,
    port: 80,
    request: 'hostname',
    right: (answer) => names.has(answer),
  },
]

/**
 * Asks every ready probe pod what it can reach, all at once, each through the API server's way into pods. Probes that are not ready
 * are left out: that they are missing is a claim of its own.
 */
export const askProbes = async (client: KubernetesClient, options: CallOptions): Promise<ProbeAnswer[]> => {
  const list = await client.list(`/api/v1/namespaces/${probeNamespace}/pods`, options)
  const pods = list.items.map(podFactsOf).filter((pod) => isProbe(pod) && pod.ready && pod.ip && pod.node)
  pods.sort((a, b) => (a.node ?? '').localeCompare(b.node ?? ''))
  const names = new Set(pods.map((pod) => pod.name))
  const asked = pods.flatMap((pod, index) => {
    const next = pods[(index + 1) % pods.length]
    return dialsOf(next === pod ? undefined : next, names).map((dial) => dialFrom(client, pod, dial, options))
  })
  return await Promise.all(asked)
}
