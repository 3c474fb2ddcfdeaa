import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../../model/cluster.js'
import type { FirstAnswer } from '../../observe/first-answer.js'
import { observeHosted, podsOf } from '../../observe/hosted.js'

/** Where the programs of a control plane run that is carried by another cluster. */
export interface HostedPods {
  /** Node of a pod; also of one that is gone, when it was ever seen. */
  nodeOf(pod: string): string | undefined
  /** Nodes on which an API server was running when the host was last asked. */
  apiServers(): string[]
}

/** Pods seldom change their node, and the host has other things to do. */
const everyMs = 2000

/** Asks the host again and again, until the signal. Never throws. */
export const followHostedPods = (cluster: Cluster, host: FirstAnswer, signal: AbortSignal): HostedPods => {
  const nodes = new Map<string, string>()
  let servers: string[] = []
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const facts = await observeHosted(cluster, host, { deadlineMs: everyMs, signal }).catch(() => undefined)
      for (const { name, node } of facts?.pods ?? []) if (node !== undefined) nodes.set(name, node)
      if (facts)
        servers = podsOf(facts, 'kube-apiserver').flatMap(({ node, phase }) => (phase === 'Running' && node !== undefined ? [node] : []))
      await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }
  void follow()
  return { nodeOf: (pod) => nodes.get(pod), apiServers: () => [...new Set(servers)].sort() }
}
