import { stringify } from 'yaml'
import { timingOf } from '../config/timing.js'
import type { Cluster } from '../model/cluster.js'
import { nodeEndpointUrl } from './endpoint.js'
import { environmentList } from './environment.js'
import { kubeProxyConfiguration } from './kube-proxy.js'
import { filesAnnotation, type KubernetesObject } from './kubernetes-object.js'
import { http2Environment } from './systemd.js'

const namespace = 'kube-system'
const labels = { 'k8s-app': 'kube-proxy' }
const rbac = 'rbac.authorization.k8s.io'
const secrets = '/var/run/secrets/kubernetes.io/serviceaccount'

const kubeconfig = (server: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'default', cluster: { 'certificate-authority': `${secrets}/ca.crt`, server } }],
    contexts: [{ name: 'default', context: { cluster: 'default', namespace: 'default', user: 'default' } }],
    'current-context': 'default',
    users: [{ name: 'default', user: { tokenFile: `${secrets}/token` } }],
  })

const files = (cluster: Cluster): Record<string, string> => ({
  'config.conf': stringify(kubeProxyConfiguration(cluster)),
  'kubeconfig.conf': kubeconfig(nodeEndpointUrl(cluster)),
})

const daemonSet = (cluster: Cluster): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'kube-proxy', namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate' },
    template: {
      // kube-proxy ends itself when its configuration changes, not when its kubeconfig does: it would ask an endpoint that is gone for ever.
      metadata: { labels, annotations: filesAnnotation(files(cluster)) },
      spec: {
        priorityClassName: 'system-node-critical',
        serviceAccountName: 'kube-proxy',
        hostNetwork: true,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ operator: 'Exists' }],
        containers: [
          {
            name: 'kube-proxy',
            image: `registry.k8s.io/kube-proxy:${cluster.kubernetesVersion}`,
            imagePullPolicy: 'IfNotPresent',
            command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
            securityContext: { privileged: true },
            env: [
              { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              ...environmentList(http2Environment(timingOf(cluster))),
            ],
            volumeMounts: [
              { name: 'kube-proxy', mountPath: '/var/lib/kube-proxy' },
              { name: 'xtables-lock', mountPath: '/run/xtables.lock', readOnly: false },
              { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
          { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
          { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
        ],
      },
    },
  },
})

/** kube-proxy under the names of kubeadm, so that `kubeadm upgrade` finds its own. */
export const kubeProxyObjects = (cluster: Cluster): KubernetesObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'kube-proxy', namespace } },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kubeadm:node-proxier' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:node-proxier' },
    subjects: [{ kind: 'ServiceAccount', name: 'kube-proxy', namespace }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: 'kube-proxy', namespace },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-proxy'] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'kube-proxy', namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'kube-proxy' },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: 'system:bootstrappers:kubeadm:default-node-token' }],
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-proxy', namespace, labels: { app: 'kube-proxy' } },
    data: files(cluster),
  },
  daemonSet(cluster),
]
