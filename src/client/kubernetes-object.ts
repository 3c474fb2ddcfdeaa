/** Any Kubernetes object, typed only as far as every object is the same. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    resourceVersion?: string
    uid?: string
    [field: string]: unknown
  }
  [field: string]: unknown
}

export interface KubernetesList<T = KubernetesObject> {
  items: T[]
  metadata: { resourceVersion?: string; continue?: string }
}

export interface WatchEvent<T = KubernetesObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: T
}

interface Resource {
  plural: string
  namespaced: boolean
}

/** Kinds that a cluster is built from; asking the server for them would cost a round trip each. Others are discovered. */
const known: Readonly<Record<string, Resource>> = Object.fromEntries(
  (
    [
      ['v1', 'Namespace', 'namespaces', false],
      ['v1', 'Node', 'nodes', false],
      ['v1', 'ServiceAccount', 'serviceaccounts', true],
      ['v1', 'ConfigMap', 'configmaps', true],
      ['v1', 'Secret', 'secrets', true],
      ['v1', 'Service', 'services', true],
      ['v1', 'Endpoints', 'endpoints', true],
      ['v1', 'Pod', 'pods', true],
      ['apps/v1', 'DaemonSet', 'daemonsets', true],
      ['apps/v1', 'Deployment', 'deployments', true],
      ['apps/v1', 'StatefulSet', 'statefulsets', true],
      ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false],
      ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false],
      ['rbac.authorization.k8s.io/v1', 'Role', 'roles', true],
      ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', true],
      ['coordination.k8s.io/v1', 'Lease', 'leases', true],
      ['discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', true],
      ['scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', false],
      ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false],
      ['batch/v1', 'Job', 'jobs', true],
    ] as const
  ).map(([group, kind, plural, namespaced]) => [`${group}/${kind}`, { plural, namespaced }]),
)

export const knownResource = (apiVersion: string, kind: string): Resource | undefined => known[`${apiVersion}/${kind}`]

export const groupPath = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)

/** Path of a kind's collection, without a name. A namespaced object that names no namespace is in `default`. */
export const collectionPath = (apiVersion: string, resource: Resource, namespace?: string): string =>
  resource.namespaced
    ? `${groupPath(apiVersion)}/namespaces/${encodeURIComponent(namespace ?? 'default')}/${resource.plural}`
    : `${groupPath(apiVersion)}/${resource.plural}`

export type { Resource }
