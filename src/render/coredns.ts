import { timingOf } from '../config/timing.js'
import { type Cluster, nodes } from '../model/cluster.js'
import { environmentList } from './environment.js'
import type { KubernetesObject } from './kubernetes-object.js'
import { dnsServiceIp } from './subnet.js'
import { http2Environment } from './systemd.js'

/** The tag that kubeadm of this version asks for. */
export const corednsImage = 'registry.k8s.io/coredns/coredns:v1.14.2'

const labels = { 'k8s-app': 'kube-dns' }
const namespace = 'kube-system'

/** How many answer: two at least as soon as there are two nodes, and one more for every 16 nodes, as the field's autoscaler does. */
export const dnsReplicas = (nodeCount: number): number => Math.max(Math.min(2, nodeCount), Math.ceil(nodeCount / 16))

/** The file's wish, or what the number of nodes asks for when that is more. */
export const dnsReplicasOf = (cluster: Cluster): number => Math.max(cluster.dns.replicas, dnsReplicas(nodes(cluster).length))

const corefile = (dnsDomain: string): string => `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${dnsDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${dnsDomain}
       disable denial ${dnsDomain}
    }
    loop
    reload
    loadbalance
}
`

/** One machine must not hold them all. Refused rather than preferred as soon as there are machines enough, or a drain kills DNS. */
const spread = (cluster: Cluster): object[] => {
  const selector = { labelSelector: { matchLabels: labels }, matchLabelKeys: ['pod-template-hash'] }
  const enough = nodes(cluster).length >= dnsReplicasOf(cluster)
  return [
    { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: enough ? 'DoNotSchedule' : 'ScheduleAnyway', ...selector },
    { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', ...selector },
  ]
}

const container = {
  name: 'coredns',
  image: corednsImage,
  imagePullPolicy: 'IfNotPresent',
  args: ['-conf', '/etc/coredns/Corefile'],
  resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
  volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
  ports: [
    { containerPort: 53, name: 'dns', protocol: 'UDP' },
    { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
    { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
    { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
    { containerPort: 8181, name: 'readiness-probe', protocol: 'TCP' },
  ],
  livenessProbe: {
    httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 5,
  },
  // In and out of the Service within seconds; the default of 10 s a look is what makes a lost replica felt.
  readinessProbe: {
    httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' },
    periodSeconds: 1,
    timeoutSeconds: 1,
    failureThreshold: 2,
  },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
}

/**
 * CoreDNS asks the API by the endpoint and not by the Service kubernetes, which is not there before kube-proxy is. With node-local the endpoint is one
 * machine, and the certificates of API servers do not name the address at which pods reach the proxy of their node: so there it asks the Service.
 */
const environment = (cluster: Cluster): object[] =>
  cluster.balancer === 'node-local' && !cluster.hosted
    ? []
    : [
        { name: 'KUBERNETES_SERVICE_HOST', value: cluster.endpoint.address },
        { name: 'KUBERNETES_SERVICE_PORT', value: String(cluster.endpoint.port) },
      ]

const deployment = (cluster: Cluster): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace, labels },
  spec: {
    replicas: dnsReplicasOf(cluster),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        priorityClassName: 'system-cluster-critical',
        serviceAccountName: 'coredns',
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        topologySpreadConstraints: spread(cluster),
        tolerations: [
          { key: 'CriticalAddonsOnly', operator: 'Exists' },
          { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
        ],
        containers: [{ ...container, env: [...environment(cluster), ...environmentList(http2Environment(timingOf(cluster)))] }],
        dnsPolicy: 'Default',
        volumes: [{ name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
      },
    },
  },
})

/** CoreDNS under the names and labels of kubeadm, so that `kubeadm upgrade` finds its own. */
export const corednsObjects = (cluster: Cluster): KubernetesObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'system:coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace },
    data: { Corefile: corefile(cluster.network.dnsDomain) },
  },
  deployment(cluster),
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'coredns', namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace,
      labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      clusterIP: dnsServiceIp(cluster.network.serviceSubnet),
      selector: labels,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  },
]
