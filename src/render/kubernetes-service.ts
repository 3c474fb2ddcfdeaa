import type { Cluster } from '../model/cluster.js'
import { podsEntry } from './endpoint.js'
import type { KubernetesObject } from './kubernetes-object.js'

/** For API servers whose address behind the Service `kubernetes` is not for them to write. */
export const endpointReconciler = (cluster: Cluster): 'none' | undefined => (podsEntry(cluster) ? 'none' : undefined)

/**
 * The Service `kubernetes` leads to the balancer, so pods feel the loss of an API server as little as everybody else. API servers must not write there: each
 * would add itself, and one that ends in order takes its address away, which those of a hosted control plane share: pods would have none for the 10 s
 * until another writes it anew (k8s.io/kubernetes: pkg/controlplane/reconcilers/lease.go, RemoveEndpoints).
 *
 * In both forms, as API servers write them: some programs read the older one, and conformance compares them. The label keeps a controller from making slices of it.
 */
export const kubernetesServiceObjects = (cluster: Cluster): KubernetesObject[] => {
  const entry = podsEntry(cluster)
  if (!entry) return []
  const { address, port } = entry
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  const name = { name: 'kubernetes', namespace: 'default' }
  return [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        ...name,
        labels: { 'kubernetes.io/service-name': 'kubernetes', 'endpointslice.kubernetes.io/managed-by': 'quorate.dev' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...name, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: address }], ports }],
    },
  ]
}
