import type { Cluster } from '../model/cluster.js'
import type { KubernetesObject } from './kubernetes-object.js'
import { metallbKinds } from './metallb-kinds.js'

export const metallbVersion = 'v0.15.2'
export const metallbNamespace = 'metallb-system'
/** Key of the speakers' gossip. Made once by a step and never declared, or each apply would cut the speakers off from each other. */
export const memberlistSecret = 'memberlist'
const gossipPort = 7946
const metricsPort = 7472

const namespace = metallbNamespace
const labelsOf = (component: string): Record<string, string> => ({ app: 'metallb', component })
const rule = (apiGroup: string, resources: string[], verbs: string[]): object => ({ apiGroups: [apiGroup], resources, verbs })
const read = ['get', 'list', 'watch']

const rbac = (component: string, clusterRules: object[], ownRules: object[]): KubernetesObject[] => {
  const subjects = [{ kind: 'ServiceAccount', name: component, namespace }]
  const roleRef = (kind: string, name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name })
  const object = (kind: string, name: string, rest: object, own: boolean): KubernetesObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(own ? { namespace } : {}) },
    ...rest,
  })
  const wide = `${namespace}:${component}`
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: component, namespace } },
    object('ClusterRole', wide, { rules: clusterRules }, false),
    object('ClusterRoleBinding', wide, { roleRef: roleRef('ClusterRole', wide), subjects }, false),
    object('Role', component, { rules: ownRules }, true),
    object('RoleBinding', component, { roleRef: roleRef('Role', component), subjects }, true),
  ]
}

/** Everything that is configured; the statuses are what the programs write. */
const configured = rule(
  'metallb.io',
  ['ipaddresspools', 'l2advertisements', 'bgpadvertisements', 'bgppeers', 'bfdprofiles', 'communities'],
  read,
)
const events = rule('', ['events'], ['create', 'patch'])

const controllerRules = rbac(
  'controller',
  [
    rule('', ['services', 'namespaces'], read),
    rule('', ['nodes'], ['list', 'watch']),
    rule('', ['services/status'], ['update', 'patch']),
    events,
  ],
  [configured, rule('metallb.io', ['ipaddresspools/status'], ['update', 'patch']), rule('', ['secrets', 'configmaps'], read)],
)

const speakerRules = rbac(
  'speaker',
  [
    rule('', ['services', 'endpoints', 'nodes', 'namespaces'], read),
    rule('discovery.k8s.io', ['endpointslices'], read),
    rule('metallb.io', ['servicel2statuses', 'servicel2statuses/status'], ['*']),
    events,
  ],
  [
    configured,
    rule('', ['pods', 'secrets', 'configmaps'], read),
    rule('metallb.io', ['servicebgpstatuses', 'servicebgpstatuses/status'], ['*']),
  ],
)

const probe = (periodSeconds: number, failureThreshold: number): object => ({
  httpGet: { path: '/metrics', port: 'metrics' },
  periodSeconds,
  timeoutSeconds: 2,
  failureThreshold,
})

const probes = { readinessProbe: probe(2, 3), livenessProbe: { ...probe(10, 6), initialDelaySeconds: 30 } }

/**
 * One is enough: it only hands out addresses. What is announced stays announced without it. Its webhooks, which check pools made by hand, stay off: they
 * would need a certificate and refuse every change while the one pod is away; pools of the file are checked before anything is built.
 */
const controller: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'controller', namespace, labels: labelsOf('controller') },
  spec: {
    replicas: 1,
    revisionHistoryLimit: 3,
    selector: { matchLabels: labelsOf('controller') },
    template: {
      metadata: { labels: labelsOf('controller') },
      spec: {
        priorityClassName: 'system-cluster-critical',
        serviceAccountName: 'controller',
        terminationGracePeriodSeconds: 0,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        securityContext: { runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'controller',
            image: `quay.io/metallb/controller:${metallbVersion}`,
            imagePullPolicy: 'IfNotPresent',
            args: [`--port=${metricsPort}`, '--log-level=info', '--webhook-mode=disabled'],
            ports: [{ name: 'metrics', containerPort: metricsPort }],
            ...probes,
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
          },
        ],
      },
    },
  },
}

const fromField = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } })

/**
 * On every node that takes ordinary pods: it answers ARP for the addresses that fall to its node. The speakers find a dead one among them by gossip,
 * within seconds and without the API.
 */
const speaker: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'speaker', namespace, labels: labelsOf('speaker') },
  spec: {
    selector: { matchLabels: labelsOf('speaker') },
    template: {
      metadata: { labels: labelsOf('speaker') },
      spec: {
        priorityClassName: 'system-node-critical',
        serviceAccountName: 'speaker',
        hostNetwork: true,
        terminationGracePeriodSeconds: 2,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        containers: [
          {
            name: 'speaker',
            image: `quay.io/metallb/speaker:${metallbVersion}`,
            imagePullPolicy: 'IfNotPresent',
            args: [`--port=${metricsPort}`, '--log-level=info'],
            env: [
              fromField('METALLB_NODE_NAME', 'spec.nodeName'),
              fromField('METALLB_POD_NAME', 'metadata.name'),
              fromField('METALLB_HOST', 'status.hostIP'),
              fromField('METALLB_ML_BIND_ADDR', 'status.podIP'),
              { name: 'METALLB_ML_LABELS', value: 'app=metallb,component=speaker' },
              { name: 'METALLB_ML_SECRET_KEY_PATH', value: '/etc/ml_secret_key' },
            ],
            ports: [
              { name: 'metrics', containerPort: metricsPort },
              { name: 'gossip-tcp', containerPort: gossipPort },
              { name: 'gossip-udp', containerPort: gossipPort, protocol: 'UDP' },
            ],
            ...probes,
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_RAW'], drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
            volumeMounts: [
              { name: 'memberlist', mountPath: '/etc/ml_secret_key', readOnly: true },
              { name: 'exclude', mountPath: '/etc/metallb', readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: 'memberlist', secret: { secretName: memberlistSecret, defaultMode: 0o440 } },
          { name: 'exclude', configMap: { name: 'metallb-excludel2' } },
        ],
      },
    },
  },
}

/** Interfaces of pods and of other software: nobody outside hears an answer there. */
const exclude: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'metallb-excludel2', namespace },
  data: {
    'excludel2.yaml': `announcedInterfacesToExclude: ${JSON.stringify(['^lo$', '^cni', '^veth', '^docker', '^virbr', '^cali', '^flannel', '^tunl', '^kube-'])}\n`,
  },
}

const poolObjects = (addresses: readonly string[]): KubernetesObject[] => [
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'quorate', namespace },
    spec: { addresses: [...addresses], autoAssign: true },
  },
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'L2Advertisement',
    metadata: { name: 'quorate', namespace },
    spec: { ipAddressPools: ['quorate'] },
  },
]

/** MetalLB in layer-2 mode with the pool of the file; nothing where the file has no pool. */
export const metallbObjects = (cluster: Cluster): KubernetesObject[] => {
  if (!cluster.loadBalancer) return []
  const privileged = { 'pod-security.kubernetes.io/enforce': 'privileged' }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: privileged } },
    ...metallbKinds(),
    ...controllerRules,
    ...speakerRules,
    exclude,
    controller,
    speaker,
    ...poolObjects(cluster.loadBalancer.addressPool),
  ]
}
