import type { KubernetesClient } from '../client/kubernetes.js'
import { reasonOf } from '../client/transport.js'
import type { ApiServerFacts, Observed } from '../model/observed.js'

interface Asked {
  deadlineMs: number
  signal?: AbortSignal
  /** Also ask those that are ready for their version: one more request each. */
  version?: boolean
  /** On a new connection, as a newcomer would. */
  fresh?: boolean
}

const observeServer = async (
  machine: string,
  client: KubernetesClient,
  { deadlineMs, signal, version, fresh = false }: Asked,
): Promise<ApiServerFacts> => {
  const options = { deadlineMs, ...(signal ? { signal } : {}) }
  const head = { machine, endpoint: client.endpoint }
  try {
    const ready = await client.readyz({ ...options, fresh })
    const told = version && ready.ready ? await client.version(options).catch(() => undefined) : undefined
    return {
      ...head,
      ready: ready.ready,
      failed: ready.failed,
      latencyMs: Math.round(ready.ms * 10) / 10,
      ...(told ? { version: told } : {}),
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    return { ...head, ready: false, failed: [reasonOf(error)] }
  }
}

/** Each API server at its own address, side by side. */
export const observeApiServers = (servers: ReadonlyMap<string, KubernetesClient>, asked: Asked): Promise<ApiServerFacts[]> =>
  Promise.all([...servers].map(([machine, client]) => observeServer(machine, client, asked)))

/** The endpoint as every new client reaches it: a kept connection would hide that the virtual IP is gone. */
export const observeEndpoint = async (client: KubernetesClient, asked: Asked): Promise<NonNullable<Observed['endpoint']>> => {
  const facts = await observeServer('', client, { ...asked, fresh: true })
  return {
    ready: facts.ready,
    ...(facts.ready ? {} : { error: facts.failed.join(', ') }),
    ...(facts.latencyMs === undefined ? {} : { latencyMs: facts.latencyMs }),
  }
}
