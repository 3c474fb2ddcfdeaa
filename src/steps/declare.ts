import { setMaxListeners } from 'node:events'
import { ApiError, type KubernetesClient } from '../client/kubernetes.js'
import { TransportFault } from '../client/transport.js'
import type { KubernetesObject } from '../render/kubernetes-object.js'

/** A new API server is slow while it fills its caches, and etcd may be electing: an answer late is better than a run that failed. */
const callMs = 15_000
const patienceMs = 60_000
const pauseMs = 300

/** What may be otherwise a moment later: no answer, a namespace or a kind that is not there yet, a conflict, an overloaded server. */
const mayPass = (error: unknown): boolean =>
  error instanceof TransportFault || (error instanceof ApiError && (error.status >= 500 || [404, 409, 429].includes(error.status)))

/**
 * Declares one object by server-side apply. Applying again changes nothing, so what was not answered is simply said again, for a minute.
 * Throws the last refusal or transport fault.
 */
export const declare = async (client: Pick<KubernetesClient, 'apply'>, object: KubernetesObject, signal?: AbortSignal): Promise<void> => {
  const endMs = performance.now() + patienceMs
  for (;;) {
    try {
      await client.apply(object, { deadlineMs: callMs, ...(signal ? { signal } : {}) })
      return
    } catch (error) {
      if (signal?.aborted || !mayPass(error) || performance.now() > endMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Namespaces and kinds first, since the rest is made of them; programs last, when they are allowed what they do. No order among each. */
export const declareAll = async (
  client: Pick<KubernetesClient, 'apply'>,
  objects: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<void> => {
  // One signal ends many calls at once here; that is not the leak of listeners that Node would warn of.
  const own = signal && AbortSignal.any([signal])
  if (own) setMaxListeners(0, own)
  const waves = [['Namespace'], ['CustomResourceDefinition'], undefined, ['Deployment', 'DaemonSet']]
  const named = waves.flatMap((kinds) => kinds ?? [])
  for (const kinds of waves) {
    const wave = objects.filter((o) => (kinds ? kinds.includes(o.kind) : !named.includes(o.kind)))
    await Promise.all(wave.map((o) => declare(client, o, own)))
  }
}
