import type { Cluster } from '../model/cluster.js'
import type { KubernetesObject } from './kubernetes-object.js'

/** Where the addresses behind the Service `kubernetes` are, by the name that API servers give them when they write them themselves. */
export const kubernetesSlicePath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes'

/** Do pods reach the API by an address that we write down, and not by those that each API server writes of itself? */
export const ownsKubernetesSlice = (cluster: Cluster): boolean => cluster.hosted !== undefined

/**
 * The API servers of a hosted control plane share one address, that of the proxy on each node. Were they to write it down themselves, each one that ends
 * in order would take it away from all, and pods would have no API for the 10 s until another writes it anew (k8s.io/kubernetes:
 * pkg/controlplane/reconcilers/lease.go, RemoveEndpoints).
 */
export const kubernetesServiceObjects = (cluster: Cluster): KubernetesObject[] =>
  ownsKubernetesSlice(cluster)
    ? [
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            name: 'kubernetes',
            namespace: 'default',
            labels: { 'kubernetes.io/service-name': 'kubernetes', 'endpointslice.kubernetes.io/managed-by': 'quorate.dev' },
          },
          addressType: 'IPv4',
          endpoints: [{ addresses: [cluster.endpoint.address], conditions: { ready: true } }],
          ports: [{ name: 'https', port: cluster.endpoint.port, protocol: 'TCP' }],
        },
      ]
    : []
