import type { Cluster } from '../model/cluster.js'
import { corednsObjects } from './coredns.js'
import { kubeProxyObjects } from './kube-proxy-objects.js'
import type { KubernetesObject } from './kubernetes-object.js'
import { kubernetesServiceObjects } from './kubernetes-service.js'
import { metallbObjects } from './metallb.js'
import { probeObjects } from './probe.js'
import { webObjects } from './web.js'

export type { KubernetesObject } from './kubernetes-object.js'

/** kubeadm's administrators are a group with a binding, which `kubeadm init` would have made with admin.conf. */
const adminBinding: KubernetesObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'kubeadm:cluster-admins' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'kubeadm:cluster-admins' }],
}

/**
 * Every object that is declared in a new cluster, in an order that may be applied from first to last. */
export const clusterObjects = (cluster: Cluster): KubernetesObject[] => [
  adminBinding,
  ...kubernetesServiceObjects(cluster),
  ...kubeProxyObjects(cluster),
  ...corednsObjects(cluster),
  ...probeObjects(),
  ...metallbObjects(cluster),
  ...webObjects(cluster),
]
