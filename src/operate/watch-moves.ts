import { setTimeout as sleep } from 'node:timers/promises'
import { startSamplers } from '../drill/samplers/start.js'
import { monotonicMs } from '../drill/samples.js'
import { ownership } from '../drill/timeline.js'
import { fault } from '../model/problem.js'
import type { VerbOptions } from './options.js'
import { withReader } from './target.js'

/** What a cluster did of its own while nobody broke anything. */
export interface Moves {
  watchedMs: number
  /** Changes of who holds the virtual IP, and time with no holder or with two. */
  virtualIp: number
  gapMs: number
  splitMs: number
  /** Changes of the etcd leader, and of each lease. */
  etcdLeader: number
  controllerManager: number
  scheduler: number
}

/** Neighbours with different holders. The same one seen again after a silence is no move. */
export const movesOf = (intervals: readonly { fromMs: number; label: string }[]): number => {
  const order = [...intervals].sort((a, b) => a.fromMs - b.fromMs)
  return order.filter((one, i) => i > 0 && one.label !== order[i - 1]?.label).length
}

/** Watches a running cluster for so long and counts what moved. */
export const watchMoves = (file: string | undefined, forMs: number, options: VerbOptions): Promise<Moves> =>
  withReader(file, options, async ({ cluster, fleet, connections }) => {
    if (!connections) throw fault('Q4031', { cluster: cluster.name })
    const over = new AbortController()
    const samplers = startSamplers({ cluster, fleet, connections, signal: over.signal })
    await samplers.ready(20_000)
    const fromMs = monotonicMs()
    await sleep(forMs, undefined, { signal: options.signal }).catch(() => undefined)
    const toMs = monotonicMs()
    const { owners, etcdLeader, controllerManager, scheduler } = samplers.intervals()
    over.abort()
    return {
      watchedMs: toMs - fromMs,
      virtualIp: movesOf(owners),
      ...ownership(owners, fromMs, toMs - 500),
      etcdLeader: movesOf(etcdLeader),
      controllerManager: movesOf(controllerManager),
      scheduler: movesOf(scheduler),
    }
  })
