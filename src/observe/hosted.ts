import type { Cluster } from '../model/cluster.js'
import type { PodFacts } from '../model/observed.js'
import { type HostedComponent, hostedNamespace } from '../render/hosted-names.js'
import type { FirstAnswer } from './first-answer.js'
import { podFactsOf } from './objects.js'

/** The control plane of a guest, as its host cluster tells. */
export interface HostedFacts {
  pods: PodFacts[]
  /** Names of its PodDisruptionBudgets. */
  budgets: string[]
  /** Where its Service of type LoadBalancer was given an address. */
  addresses: string[]
}

interface Service {
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } }
}

/** Pods of one program. */
export const podsOf = (facts: HostedFacts, component: HostedComponent): PodFacts[] =>
  facts.pods.filter((pod) => pod.labels['app.kubernetes.io/name'] === component)

export const observeHosted = async (
  cluster: Cluster,
  host: FirstAnswer,
  options: { deadlineMs: number; signal?: AbortSignal },
): Promise<HostedFacts> => {
  const namespace = hostedNamespace(cluster.name)
  return host.ask(async (client, signal) => {
    const call = { deadlineMs: options.deadlineMs, signal }
    const [pods, budgets, services] = await Promise.all([
      client.list(`/api/v1/namespaces/${namespace}/pods`, call),
      client.list(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, call),
      client.list<Service>(`/api/v1/namespaces/${namespace}/services`, call),
    ])
    return {
      pods: pods.items.map(podFactsOf),
      budgets: budgets.items.map((one) => one.metadata.name),
      addresses: services.items.flatMap((one) => (one.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))),
    }
  }, options.signal)
}
