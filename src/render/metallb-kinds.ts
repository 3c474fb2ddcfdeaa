import type { KubernetesObject } from './kubernetes-object.js'

const group = 'metallb.io'
/** Fields that MetalLB checks itself. */
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

interface Kind {
  kind: string
  plural: string
  /** First served, last stored. */
  versions?: string[]
  spec?: object
}

const pool = {
  type: 'object',
  required: ['addresses'],
  properties: {
    addresses: { type: 'array', items: { type: 'string' } },
    autoAssign: { type: 'boolean', default: true },
    avoidBuggyIPs: { type: 'boolean', default: false },
  },
  'x-kubernetes-preserve-unknown-fields': true,
}

/** Its caches ask for every kind, and for both versions of BGPPeer, whether BGP is used or not; without one of them neither program starts. */
const kinds: readonly Kind[] = [
  { kind: 'IPAddressPool', plural: 'ipaddresspools', spec: pool },
  { kind: 'L2Advertisement', plural: 'l2advertisements' },
  { kind: 'BGPAdvertisement', plural: 'bgpadvertisements' },
  { kind: 'BGPPeer', plural: 'bgppeers', versions: ['v1beta1', 'v1beta2'] },
  { kind: 'BFDProfile', plural: 'bfdprofiles' },
  { kind: 'Community', plural: 'communities' },
  { kind: 'ServiceL2Status', plural: 'servicel2statuses' },
  { kind: 'ServiceBGPStatus', plural: 'servicebgpstatuses' },
]

const definition = ({ kind, plural, versions = ['v1beta1'], spec = anything }: Kind): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    versions: versions.map((name, i) => ({
      name,
      served: true,
      storage: i === versions.length - 1,
      subresources: { status: {} },
      schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: anything } } },
    })),
  },
})

/** The kinds of MetalLB v0.15, as loosely as its programs can do with. */
export const metallbKinds = (): KubernetesObject[] => kinds.map(definition)
