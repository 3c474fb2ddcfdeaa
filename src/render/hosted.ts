import { type Cluster, type Hosted, hostedReplicas } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { drainSeconds } from './api-server-end.js'
import { environmentList } from './environment.js'
import { controllerManagerPort, hostedCommand, schedulerPort } from './hosted-flags.js'
import {
  type HostedComponent,
  type HostedFiles,
  type HostedSecrets,
  hostedComponents,
  hostedFilesDir,
  hostedNamespace,
  hostedService,
} from './hosted-names.js'
import { digestOf, filesAnnotation, type KubernetesObject } from './kubernetes-object.js'
import { http2Environment } from './systemd.js'

/** On every object: the digest of what was declared, so that a later run sees at once what is missing or was declared from another file. */
export const hostedDigest = 'quorate.dev/digest'

/** Nobody in the images; the group may read the files. */
const user = 65_532

const labelsOf = (component: HostedComponent): Record<string, string> => ({ 'app.kubernetes.io/name': component })

const partOf = (cluster: Cluster): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'quorate',
  'app.kubernetes.io/part-of': cluster.name,
})

const portOf = (component: HostedComponent, cluster: Cluster): number =>
  ({ 'kube-apiserver': cluster.endpoint.port, 'kube-controller-manager': controllerManagerPort, 'kube-scheduler': schedulerPort })[
    component
  ]

const probesOf = (component: HostedComponent): object => {
  const get = (path: string) => ({ httpGet: { path, port: 'https', scheme: 'HTTPS' } })
  const [live, ready] = component === 'kube-apiserver' ? ['/livez', '/readyz'] : ['/healthz', '/healthz']
  return {
    // Long enough for a first start on a busy machine, asked often so that it ends soon.
    startupProbe: { ...get(live), periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 240 },
    livenessProbe: { ...get(live), periodSeconds: 10, timeoutSeconds: 15, failureThreshold: 8 },
    readinessProbe: { ...get(ready), periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 3 },
  }
}

const cpuOf: Record<HostedComponent, string> = {
  'kube-apiserver': '250m',
  'kube-controller-manager': '200m',
  'kube-scheduler': '100m',
}

/** Never two of one kind on a node; over zones as evenly as there is room, since a zone that is down must not keep a pod from starting. */
const placement = (component: HostedComponent): object => {
  const labelSelector = { matchLabels: labelsOf(component) }
  return {
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: 'kubernetes.io/hostname' }] },
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'DoesNotExist' }] } },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector,
        matchLabelKeys: ['pod-template-hash'],
      },
    ],
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
  }
}

const deployment = (component: HostedComponent, cluster: Cluster, hosted: Hosted, timing: Timing, files: HostedFiles): KubernetesObject => {
  const isServer = component === 'kube-apiserver'
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: component, namespace: hostedNamespace(cluster.name), labels: { ...labelsOf(component), ...partOf(cluster) } },
    spec: {
      replicas: hostedReplicas(hosted),
      revisionHistoryLimit: 3,
      // Every proxy has seen a new API server before the next one is taken away.
      minReadySeconds: isServer ? 5 : 0,
      selector: { matchLabels: labelsOf(component) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      template: {
        metadata: {
          labels: { ...labelsOf(component), ...partOf(cluster) },
          // Programs read their keys once, at the start: new keys are new pods, one after another.
          annotations: filesAnnotation(files),
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          priorityClassName: 'system-cluster-critical',
          terminationGracePeriodSeconds: isServer ? Math.ceil(timing.apiShutdownDelayMs / 1000) + drainSeconds : 10,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...placement(component),
          containers: [
            {
              name: component,
              image: `registry.k8s.io/${component}:${cluster.kubernetesVersion}`,
              imagePullPolicy: 'IfNotPresent',
              command: hostedCommand(component, cluster, timing),
              env: environmentList(http2Environment(timing)),
              ports: [{ name: 'https', containerPort: portOf(component, cluster), protocol: 'TCP' }],
              ...probesOf(component),
              resources: { requests: { cpu: cpuOf[component] } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
              volumeMounts: [{ name: 'files', mountPath: hostedFilesDir, readOnly: true }],
            },
          ],
          volumes: [{ name: 'files', secret: { secretName: component, defaultMode: 0o440 } }],
        },
      },
    },
  }
}

const budget = (component: HostedComponent, cluster: Cluster): KubernetesObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: component, namespace: hostedNamespace(cluster.name), labels: partOf(cluster) },
  spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(component) } },
})

const secret = (component: HostedComponent, cluster: Cluster, files: HostedFiles): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: component, namespace: hostedNamespace(cluster.name), labels: partOf(cluster) },
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')])),
})

/**
 * externalTrafficPolicy Local: a node of the host sends only to its own pod. With Cluster a living node would go on sending to the pod of a dead one until
 * the host cluster has marked that node, 40 s by Kubernetes' own times; this way the proxies' question for /readyz at each node decides, in the guest's.
 */
const service = (cluster: Cluster, { service: wanted }: Hosted): KubernetesObject => {
  const { port } = cluster.endpoint
  const https = { name: 'https', protocol: 'TCP', port, targetPort: 'https' }
  const common = { selector: labelsOf('kube-apiserver'), externalTrafficPolicy: 'Local' }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: hostedService,
      namespace: hostedNamespace(cluster.name),
      labels: partOf(cluster),
      ...(wanted.type === 'LoadBalancer' ? { annotations: { 'metallb.io/loadBalancerIPs': wanted.address } } : {}),
    },
    spec:
      wanted.type === 'LoadBalancer'
        ? { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ...common, ports: [https] }
        : { type: 'NodePort', ...common, ports: [{ ...https, nodePort: wanted.port }] },
  }
}

const stamped = (object: KubernetesObject): KubernetesObject => {
  const annotations = { ...object.metadata.annotations, [hostedDigest]: digestOf(object) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** Everything that is declared in the host cluster for one guest, in an order that may be applied from first to last. Holds keys. */
export const hostedObjects = (cluster: Cluster, hosted: Hosted, timing: Timing, secrets: HostedSecrets): KubernetesObject[] =>
  [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: hostedNamespace(cluster.name), labels: partOf(cluster) } },
    ...hostedComponents.map((one) => secret(one, cluster, secrets[one])),
    service(cluster, hosted),
    ...hostedComponents.map((one) => budget(one, cluster)),
    ...hostedComponents.map((one) => deployment(one, cluster, hosted, timing, secrets[one])),
  ].map(stamped)
