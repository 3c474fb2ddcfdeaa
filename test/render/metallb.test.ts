import { expect, it } from 'vitest'
import { clusterObjects, type KubernetesObject } from '../../src/render/addons.js'
import { metallbObjects } from '../../src/render/metallb.js'
import { demo, pooled } from '../check/support/healthy.js'

interface Spec {
  replicas?: number
  type?: string
  names?: { kind: string }
  versions?: { name: string; storage: boolean }[]
  template?: {
    spec: { containers: { image: string; args: string[] }[]; tolerations?: unknown; volumes?: { secret?: { secretName: string } }[] }
  }
}
const specOf = (object: KubernetesObject | undefined): Spec => (object?.spec ?? {}) as Spec
const find = (kind: string, name: string) => clusterObjects(pooled).find((o) => o.kind === kind && o.metadata.name === name)

it('is there only where the file has a pool', () => {
  expect(metallbObjects(demo)).toEqual([])
  expect(clusterObjects(demo).filter((o) => o.metadata.name === 'web')).toEqual([])
  expect(find('IPAddressPool', 'quorate')?.spec).toMatchObject({ addresses: ['10.99.0.200-10.99.0.220'] })
})

it('declares every kind that its caches ask for, each stored in one version', () => {
  const kinds = metallbObjects(pooled).filter((o) => o.kind === 'CustomResourceDefinition')
  const wanted = 'BFDProfile BGPAdvertisement BGPPeer Community IPAddressPool L2Advertisement ServiceBGPStatus ServiceL2Status'
  expect(kinds.map((o) => specOf(o).names?.kind).sort()).toEqual(wanted.split(' '))
  for (const kind of kinds) expect(specOf(kind).versions?.filter((v) => v.storage)).toHaveLength(1)
  const peer = kinds.find((o) => specOf(o).names?.kind === 'BGPPeer')
  expect(specOf(peer).versions?.map((v) => v.name)).toEqual(['v1beta1', 'v1beta2'])
})

it('never declares the key of the gossip, which must stay as it is', () => {
  expect(clusterObjects(pooled).filter((o) => o.kind === 'Secret')).toEqual([])
  const speaker = specOf(find('DaemonSet', 'speaker')).template?.spec
  expect(speaker?.volumes?.map((v) => v.secret?.secretName)).toContain('memberlist')
})

it('announces from nodes that take ordinary pods only, and hands out addresses without webhooks', () => {
  expect(specOf(find('DaemonSet', 'speaker')).template?.spec.tolerations).toBeUndefined()
  const controller = specOf(find('Deployment', 'controller'))
  expect(controller.replicas).toBe(1)
  expect(controller.template?.spec.containers[0]?.args).toContain('--webhook-mode=disabled')
})

it('is proven by a web server of two pods that tells its name and nothing else', () => {
  const web = specOf(find('Deployment', 'web'))
  expect(web.replicas).toBe(2)
  expect(web.template?.spec.containers[0]?.args[0]).toBe('serve-hostname')
  expect(specOf(find('Service', 'web')).type).toBe('LoadBalancer')
})
