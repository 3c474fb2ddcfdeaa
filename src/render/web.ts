import { type Cluster, workers } from '../model/cluster.js'
import type { KubernetesObject } from './kubernetes-object.js'
import { agnhostImage, probeNamespace } from './probe.js'

export const webName = 'web'
const port = 9376
const replicas = 2
const labels = { 'app.kubernetes.io/name': webName, 'app.kubernetes.io/managed-by': 'quorate' }

/**
 * A web server of two pods behind a Service of type LoadBalancer, so that the claim about the pool is made from outside. It answers with its own name
 * and knows nothing else: everybody on the network may ask it. It takes one address of the pool.
 */
export const webObjects = (cluster: Cluster): KubernetesObject[] => {
  if (!cluster.loadBalancer) return []
  const metadata = { name: webName, namespace: probeNamespace, labels }
  const enough = (workers(cluster).length || cluster.machines.length) >= replicas
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 1,
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            securityContext: { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534, seccompProfile: { type: 'RuntimeDefault' } },
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: enough ? 'DoNotSchedule' : 'ScheduleAnyway',
                labelSelector: { matchLabels: labels },
                matchLabelKeys: ['pod-template-hash'],
              },
            ],
            containers: [
              {
                name: webName,
                image: agnhostImage,
                imagePullPolicy: 'IfNotPresent',
                args: ['serve-hostname', `--port=${port}`],
                ports: [{ name: 'http', containerPort: port }],
                readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 },
                resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'LoadBalancer',
        allocateLoadBalancerNodePorts: false,
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      },
    },
  ]
}
