import type { KubernetesClient } from '../client/kubernetes.js'
import type { KubernetesObject } from '../render/kubernetes-object.js'

/**
 * The first field of `want` that `have` does not hold, as `spec.replicas`; undefined when it holds all. API servers add defaults and others add
 * fields of their own, so more is no difference. null declares nothing. `stringData` is never given back: a server makes `data` of it.
 */
export const firstMissing = (have: unknown, want: unknown, path = ''): string | undefined => {
  if (want === null || want === undefined) return undefined
  // A server leaves out what is empty: no, nothing, none.
  if (typeof want !== 'object') return have === want || (have === undefined && !want) ? undefined : path
  if (Array.isArray(want)) {
    const found = Array.isArray(have) ? have : []
    const missing = want.findIndex((one) => found.every((other) => firstMissing(other, one) !== undefined))
    return missing === -1 ? undefined : `${path}[${missing}]`
  }
  const found = (have ?? {}) as Record<string, unknown>
  for (const [field, value] of Object.entries(want)) {
    const missing = field === 'stringData' ? undefined : firstMissing(found[field], value, path ? `${path}.${field}` : field)
    if (missing) return missing
  }
  return undefined
}

const nameOf = ({ kind, metadata: { name, namespace } }: KubernetesObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`

/** What somebody took away or changed of these objects, in words; each is read once. Throws what the client throws. */
export const changedByHand = async (
  client: Pick<KubernetesClient, 'find' | 'pathOf'>,
  objects: readonly KubernetesObject[],
): Promise<string[]> => {
  const looks = objects.map(async (want) => {
    const have = await client.find(await client.pathOf(want))
    if (!have) return `${nameOf(want)} is gone`
    const missing = firstMissing(have, want)
    return missing && `${nameOf(want)} was changed at ${missing}`
  })
  return (await Promise.all(looks)).filter((one) => one !== undefined)
}
