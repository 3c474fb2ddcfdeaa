import type { Cluster, Hosted } from '../model/cluster.js'

/** Programs of a control plane, each a Deployment of its own in the host cluster. */
export const hostedComponents = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export type HostedComponent = (typeof hostedComponents)[number]

/** Where the control plane of a cluster lives in its host. A namespace has at most 63 letters. */
export const hostedNamespace = (name: string): string => `quorate-${name}`.slice(0, 63).replace(/-+$/, '')

/** The Service before the API servers, by which the other components reach them inside the host cluster. */
export const hostedService = 'kube-apiserver'

/** Names of that Service, as pods of the host cluster may write them. */
export const hostedApiNames = (cluster: Cluster, { host }: Hosted): string[] => {
  const full = `${hostedService}.${hostedNamespace(cluster.name)}`
  return [hostedService, full, `${full}.svc`, `${full}.svc.${host.network.dnsDomain}`]
}

/** How the controller manager and the scheduler reach the API. */
export const hostedApiUrl = (cluster: Cluster): string => `https://${hostedService}:${cluster.endpoint.port}`

/** Files of one component, by the name under which its pod sees them below `hostedFilesDir`. */
export type HostedFiles = Readonly<Record<string, string>>
export type HostedSecrets = Readonly<Record<HostedComponent, HostedFiles>>

export const hostedFilesDir = '/etc/kubernetes/quorate'
