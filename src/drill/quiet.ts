import type { EtcdClient } from '../client/etcd.js'
import type { KubernetesClient } from '../client/kubernetes.js'
import type { FinalState, MemberHash } from '../history/types.js'
import { listPath, type Seen } from './prober/objects.js'
import { monotonicMs } from './samples.js'

/** One that holds a copy of everything and can be asked for it. */
export interface FinalSource {
  name: string
  read(): Promise<FinalState>
}

export interface HashSource {
  member: string
  hash(atRevision: number): Promise<{ revision: number; hash: string; compacted: number }>
}

const pauseMs = 300

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs))

/** Everything under a prefix, from the newest state that this API server can give: a list without a version is a read with quorum. */
export const apiServerSource = (machine: string, client: KubernetesClient, namespace: string, prefix: string): FinalSource => ({
  name: `apiserver ${machine}`,
  read: async () => {
    const list = await client.list<Seen>(listPath(namespace, prefix.replace(/-$/, '')), { deadlineMs: 5000 })
    const items: FinalState['items'] = {}
    for (const { metadata, data } of list.items) {
      const name = metadata?.name
      if (!name?.startsWith(prefix)) continue
      items[name] = { revision: Number(metadata?.resourceVersion ?? 0), ...(data?.v === undefined ? {} : { value: data.v }) }
    }
    return { source: `apiserver ${machine}`, revision: Number(list.metadata?.resourceVersion ?? 0), items }
  },
})

/**
 * The same from one member's own store, without asking the others. Its values are in Kubernetes' own encoding, so keys and revisions are
 * what is compared. `registry` is the key prefix of the cluster, `/registry` unless told otherwise.
 */
export const memberSource = (machine: string, client: EtcdClient, registry: string, namespace: string, prefix: string): FinalSource => ({
  name: `etcd ${machine}`,
  read: async () => {
    const folder = `${registry}/configmaps/${namespace}/`
    const { kvs, revision } = await client.range(`${folder}${prefix}`, {
      prefix: true,
      keysOnly: true,
      serializable: true,
      deadlineMs: 5000,
    })
    const items: FinalState['items'] = {}
    for (const { key, modRevision } of kvs) items[key.slice(folder.length)] = { revision: modRevision }
    return { source: `etcd ${machine}`, revision, items }
  },
})

/**
 * What every source holds at rest. Each is asked until it answers, and until it has come as far as the furthest of them, since a member
 * that has just come back may still be catching up; at the deadline its last answer stands, and who gave none is missing.
 */
export const readFinals = async (
  sources: readonly FinalSource[],
  { untilMs, atLeast, signal }: { untilMs: number; atLeast: number; signal: AbortSignal },
): Promise<{ finals: FinalState[]; missing: string[] }> => {
  const ask = async (one: FinalSource): Promise<FinalState | undefined> => {
    let last: FinalState | undefined
    for (;;) {
      last = (await one.read().catch(() => undefined)) ?? last
      if (last && last.revision >= atLeast) return last
      if (signal.aborted || monotonicMs() >= untilMs) return last
      await pause()
    }
  }
  const answers = await Promise.all(sources.map(ask))
  return {
    finals: answers.filter((one) => one !== undefined),
    missing: sources.filter((_, i) => answers[i] === undefined).map((one) => one.name),
  }
}

/**
 * Hashes of all members at one revision that each of them has. Members that compacted at different revisions give hashes that cannot be
 * compared (etcd hashes what is kept), so it is tried again a few times. Empty when no comparison came about.
 */
export const readHashes = async (sources: readonly HashSource[], untilMs: number, signal: AbortSignal): Promise<MemberHash[]> => {
  for (;;) {
    const found = await hashOnce(sources).catch(() => undefined)
    if (found || signal.aborted || monotonicMs() >= untilMs) return found ?? []
    await pause()
  }
}

const hashOnce = async (sources: readonly HashSource[]): Promise<MemberHash[] | undefined> => {
  const now = await Promise.all(sources.map((one) => one.hash(0)))
  const revision = Math.min(...now.map((one) => one.revision))
  const hashes = await Promise.all(sources.map((one) => one.hash(revision)))
  if (new Set(hashes.map((one) => one.compacted)).size > 1) return undefined
  return hashes.map(({ hash }, i) => ({ member: sources[i]?.member ?? '', revision, hash }))
}
