import type { KubernetesClient } from '../../client/kubernetes.js'
import type { KubernetesObject } from '../../client/kubernetes-object.js'
import { type Interval, monotonicMs } from '../samples.js'

const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
export const leaseNames = ['kube-controller-manager', 'kube-scheduler'] as const
export type LeaseName = (typeof leaseNames)[number]

type Lease = KubernetesObject & {
  spec?: { holderIdentity?: string; renewTime?: string; acquireTime?: string; leaseDurationSeconds?: number; leaseTransitions?: number }
}

/** `cp-1_5d0c...` is a process on a computer that calls itself cp-1. */
const computerOf = (holder: string): string => holder.split('_')[0] ?? holder

interface Held {
  holder: string
  fromMs: number
  /** Last renewal that was seen. */
  renewedMs: number
  durationMs: number
  /** Another one took over, or it was given up: known to be over. */
  endMs?: number
}

/** Who held one lease when, from its versions as they were seen. Times are those of seeing, on our clock: a version is never seen early. */
export class LeaseRecord {
  readonly held: Held[] = []
  #version = ''

  /** `machineOf` gives the machine of what calls itself so: a pod has a name of its own. */
  constructor(private readonly machineOf: (computer: string) => string = (computer) => computer) {}

  see(lease: Lease, nowMs: number): void {
    const { holderIdentity = '', leaseDurationSeconds = 15 } = lease.spec ?? {}
    if (lease.metadata.resourceVersion === this.#version) return
    this.#version = lease.metadata.resourceVersion ?? ''
    const last = this.held.at(-1)
    if (last && last.endMs === undefined && last.holder === holderIdentity) {
      last.renewedMs = nowMs
      last.durationMs = leaseDurationSeconds * 1000
      return
    }
    // A lease that ran out was nobody's from then on, also when nobody said so.
    if (last && last.endMs === undefined) last.endMs = Math.min(nowMs, last.renewedMs + last.durationMs)
    if (holderIdentity !== '')
      this.held.push({ holder: holderIdentity, fromMs: nowMs, renewedMs: nowMs, durationMs: leaseDurationSeconds * 1000 })
  }

  holder(nowMs: number): string | undefined {
    const last = this.held.at(-1)
    if (!last || last.endMs !== undefined || nowMs > last.renewedMs + last.durationMs) return undefined
    return this.machineOf(computerOf(last.holder))
  }

  intervals(nowMs: number): Interval[] {
    return this.held.map(({ holder, fromMs, renewedMs, durationMs, endMs }) => ({
      fromMs,
      toMs: endMs ?? Math.min(nowMs, renewedMs + durationMs),
      label: this.machineOf(computerOf(holder)),
    }))
  }
}

export interface LeaseSampler {
  intervals(lease: LeaseName): Interval[]
  holder(lease: LeaseName): string | undefined
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Watches the leases of the leaders at every API server directly, until the signal: whichever sees a version first dates it, so the loss of
 * one API server, or of the way through the balancer, hides nothing.
 */
export const sampleLeases = (
  apiServers: ReadonlyMap<string, KubernetesClient>,
  signal: AbortSignal,
  machineOf?: (computer: string) => string,
): LeaseSampler => {
  const records = new Map(leaseNames.map((name) => [name as string, new LeaseRecord(machineOf)]))
  const newest = new Map<string, number>()
  const see = (lease: Lease): void => {
    const version = Number(lease.metadata.resourceVersion ?? 0)
    // The slower watches repeat what the fastest told.
    if (version <= (newest.get(lease.metadata.name) ?? 0)) return
    newest.set(lease.metadata.name, version)
    records.get(lease.metadata.name)?.see(lease, monotonicMs())
  }
  const follow = async (client: KubernetesClient): Promise<void> => {
    while (!signal.aborted) {
      try {
        const list = await client.list<Lease>(leasesPath, { deadlineMs: 1500, signal })
        for (const lease of list.items) see(lease)
        // Every holder renews each few seconds: silence means that the connection is dead.
        const options = { deadlineMs: 1500, idleMs: 4000, signal, resourceVersion: list.metadata.resourceVersion ?? '' }
        for await (const event of client.watch<Lease>(leasesPath, options)) if (event.type !== 'BOOKMARK') see(event.object)
      } catch {
        // It is down or was cut off; the others go on, and we come back.
      }
      if (!signal.aborted) await sleep(300)
    }
  }
  for (const client of apiServers.values()) void follow(client)
  return {
    intervals: (lease) => records.get(lease)?.intervals(monotonicMs()) ?? [],
    holder: (lease) => records.get(lease)?.holder(monotonicMs()),
  }
}
