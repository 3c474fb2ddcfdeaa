import { randomBytes } from 'node:crypto'
import { ApiError, type KubernetesClient } from '../client/kubernetes.js'
import type { KubernetesObject } from '../render/kubernetes-object.js'
import { memberlistSecret, metallbNamespace } from '../render/metallb.js'
import { declare } from './declare.js'

const path = `/api/v1/namespaces/${metallbNamespace}/secrets/${memberlistSecret}`

/**
 * The key of the speakers' gossip is made once, inside the cluster, and never replaced: speakers of two keys do not hear each other and would both
 * announce. Created rather than applied, so of two runs at once only the first one's key counts. `objects` holds the namespace.
 */
export const makeMemberlistKey = async (
  client: Pick<KubernetesClient, 'apply' | 'find' | 'create'>,
  objects: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<void> => {
  const options = { deadlineMs: 15_000, ...(signal ? { signal } : {}) }
  if (await client.find(path, options)) return
  const namespace = objects.find((o) => o.kind === 'Namespace' && o.metadata.name === metallbNamespace)
  if (namespace) await declare(client, namespace, signal)
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: memberlistSecret, namespace: metallbNamespace },
    stringData: { secretkey: randomBytes(96).toString('base64') },
  }
  await client.create(secret, options).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error
  })
}
