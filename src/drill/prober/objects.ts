/** The Kubernetes objects that the prober makes, as paths and bodies. */

export const setLabel = 'quorate.dev/set'

export const collectionOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`

/** All objects of one set, from the newest state. */
export const listPath = (namespace: string, set: string, limit?: number): string =>
  `${collectionOf(namespace)}?labelSelector=${encodeURIComponent(`${setLabel}=${set}`)}${limit === undefined ? '' : `&limit=${limit}`}`

export const watchPath = (namespace: string, set: string, revision: number): string =>
  `${listPath(namespace, set)}&watch=1&allowWatchBookmarks=true&timeoutSeconds=3600&resourceVersion=${revision}`

/** A ConfigMap with one value. With `revision` a PUT of it is a compare-and-swap. */
export const configMap = (name: string, set: string, value: string, revision?: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { [setLabel]: set }, ...(revision === undefined ? {} : { resourceVersion: String(revision) }) },
    data: { v: value },
  })

export interface Seen {
  metadata?: { name?: string; resourceVersion?: string; generation?: number }
  data?: { v?: string }
  status?: { observedGeneration?: number; conditions?: { type?: string }[] }
}

export const revisionOf = (object: Seen): number => Number(object.metadata?.resourceVersion ?? 0)
