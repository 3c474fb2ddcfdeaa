import type { KubernetesObject } from '../client/kubernetes-object.js'
import type { LeaseFacts, NodeFacts, PodFacts } from '../model/observed.js'

interface Condition {
  type?: string
  status?: string
  reason?: string
  message?: string
}

interface NodeObject extends KubernetesObject {
  spec?: { podCIDR?: string; unschedulable?: boolean }
  status?: { conditions?: Condition[]; addresses?: { type?: string; address?: string }[]; nodeInfo?: { kubeletVersion?: string } }
}

/** Kubernetes objects as they come, turned into facts. Fields that are missing are missing there too. */
export const nodeFactsOf = (object: KubernetesObject): NodeFacts => {
  const { metadata, spec = {}, status = {} } = object as NodeObject
  const ready = status.conditions?.find((one) => one.type === 'Ready')
  const zone = metadata.labels?.['topology.kubernetes.io/zone']
  const internalIp = status.addresses?.find((one) => one.type === 'InternalIP')?.address
  return {
    name: metadata.name,
    ready: ready?.status === 'True',
    reason: ready
      ? ready.status === 'True'
        ? ''
        : [ready.reason, ready.message].filter(Boolean).join(': ')
      : 'its kubelet has not reported yet',
    ...(zone ? { zone } : {}),
    ...(spec.podCIDR ? { podCidr: spec.podCIDR } : {}),
    kubeletVersion: status.nodeInfo?.kubeletVersion ?? '',
    ...(internalIp ? { internalIp } : {}),
    unschedulable: spec.unschedulable === true,
  }
}

interface ContainerStatus {
  restartCount?: number
  state?: { waiting?: { reason?: string }; terminated?: { reason?: string } }
}

interface PodObject extends KubernetesObject {
  spec?: { nodeName?: string }
  status?: {
    phase?: string
    reason?: string
    podIP?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

const whyNotReady = (status: NonNullable<PodObject['status']>): string => {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const stuck = containers.map((one) => one.state?.waiting?.reason ?? one.state?.terminated?.reason).find(Boolean)
  const untrue = status.conditions?.find((one) => one.status !== 'True' && one.reason)
  return stuck ?? status.reason ?? untrue?.reason ?? ''
}

export const podFactsOf = (object: KubernetesObject): PodFacts => {
  const { metadata, spec = {}, status = {} } = object as PodObject
  // A pod that is being deleted may still look ready; nothing may count on it.
  const leaving = metadata.deletionTimestamp !== undefined
  const ready = !leaving && status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  const reason = leaving ? 'Terminating' : ready ? '' : whyNotReady(status)
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ...(spec.nodeName ? { node: spec.nodeName } : {}),
    ready,
    phase: status.phase ?? '',
    ...(reason ? { reason } : {}),
    ...(status.podIP ? { ip: status.podIP } : {}),
    restarts: (status.containerStatuses ?? []).reduce((sum, one) => sum + (one.restartCount ?? 0), 0),
    labels: metadata.labels ?? {},
  }
}

interface LeaseObject extends KubernetesObject {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string; leaseTransitions?: number }
}

/** `nowMs` is our clock; the holder wrote `renewTime` by its own. */
export const leaseFactsOf = (object: KubernetesObject, nowMs: number): LeaseFacts => {
  const { metadata, spec = {} } = object as LeaseObject
  const renewed = Date.parse(spec.renewTime ?? '')
  return {
    name: metadata.name,
    holder: spec.holderIdentity ?? '',
    renewAgeMs: Number.isNaN(renewed) ? Number.MAX_SAFE_INTEGER : nowMs - renewed,
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec.leaseTransitions ?? 0,
  }
}
