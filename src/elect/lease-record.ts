import type { KubernetesObject } from '../client/kubernetes-object.js'
import { fault } from '../model/problem.js'
import type { Claimant, Holder } from './lock.js'

export interface LeaseObject extends KubernetesObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
    [field: string]: unknown
  }
}

export const instanceAnnotation = 'quorate.dev/instance'
export const tokenAnnotation = 'quorate.dev/fencing-token'

/** MicroTime as Kubernetes writes it. */
const microTime = (now: Date): string => now.toISOString().replace('Z', '000Z')

/** undefined = free: nobody is named, as after a release. */
export const holderOfLease = (lease: LeaseObject | undefined): Holder | undefined => {
  const { holderIdentity, acquireTime, leaseDurationSeconds } = lease?.spec ?? {}
  if (!lease || !holderIdentity) return undefined
  const annotations = lease.metadata.annotations ?? {}
  const token = annotations[tokenAnnotation]
  const instance = annotations[instanceAnnotation]
  return {
    identity: holderIdentity,
    ...(instance ? { instance } : {}),
    ...(token ? { token } : {}),
    ...(acquireTime ? { since: acquireTime } : {}),
    ...(leaseDurationSeconds ? { ttlMs: leaseDurationSeconds * 1000 } : {}),
  }
}

const withAnnotations = (lease: LeaseObject, annotations: Record<string, string | undefined>): LeaseObject['metadata'] => {
  const { managedFields: _, ...metadata } = lease.metadata
  const all = Object.entries({ ...metadata.annotations, ...annotations }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return { ...metadata, annotations: Object.fromEntries(all) } as LeaseObject['metadata']
}

/** The Lease as it is when `claimant` takes it, from the one before or from nothing. Its resourceVersion guards the write. */
export const takenLease = (
  before: LeaseObject | undefined,
  name: { namespace: string; name: string },
  claimant: Claimant,
  ttlMs: number,
): LeaseObject => {
  const base: LeaseObject = before ?? { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: name }
  const now = microTime(new Date())
  return {
    ...base,
    metadata: withAnnotations(base, { [instanceAnnotation]: claimant.instance, [tokenAnnotation]: undefined }),
    spec: {
      ...base.spec,
      holderIdentity: claimant.identity,
      leaseDurationSeconds: Math.ceil(ttlMs / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (before?.spec?.leaseTransitions ?? -1) + 1,
    },
  }
}

export const renewedLease = (lease: LeaseObject, token: string): LeaseObject => ({
  ...lease,
  metadata: withAnnotations(lease, { [tokenAnnotation]: token }),
  spec: { ...lease.spec, renewTime: microTime(new Date()) },
})

/** Nobody holds it, and whoever waits need not wait: the same values with which client-go lets a Lease go. */
export const releasedLease = (lease: LeaseObject): LeaseObject => ({
  ...lease,
  metadata: withAnnotations(lease, { [instanceAnnotation]: undefined, [tokenAnnotation]: undefined }),
  spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(new Date()) },
})

/**
 * The version of the write that took the Lease, as its fencing token: the revision of the store, which only grows, also when the Lease is
 * deleted and made anew (leaseTransitions would then begin at 0 again). Comparable as a number by Kubernetes' own word since v1.35
 * (KEP-5504), and in every etcd-backed server before. Throws Fault Q7905 for a server whose versions are no numbers.
 */
export const tokenOfLease = (lease: LeaseObject, endpoint: string): string => {
  const version = lease.metadata.resourceVersion ?? ''
  if (!/^[1-9]\d*$/.test(version)) throw fault('Q7905', { endpoint, reason: `the resourceVersion "${version}" is no number` })
  return version
}
