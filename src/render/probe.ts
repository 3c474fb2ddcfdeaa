import type { KubernetesObject } from './kubernetes-object.js'

/** The test workload of Kubernetes' own end-to-end suite: HTTP, echo, DNS and dialling others on request. */
export const agnhostImage = 'registry.k8s.io/e2e-test-images/agnhost:2.63.0'
export const probeNamespace = 'quorate-system'
export const probeName = 'probe'
export const probePort = 8080

const labels = { 'app.kubernetes.io/name': probeName, 'app.kubernetes.io/managed-by': 'quorate' }

/**
 * One pod on every node that takes ordinary pods, and a Service over all of them. Claims are made from inside these pods: names
 * resolve, pods of other machines answer, Services answer. It holds no token and may do nothing.
 */
export const probeObjects = (): KubernetesObject[] => [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: probeNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: probeName, namespace: probeNamespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 1,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          securityContext: { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: probeName,
              image: agnhostImage,
              imagePullPolicy: 'IfNotPresent',
              args: ['netexec', `--http-port=${probePort}`],
              ports: [{ name: 'http', containerPort: probePort, protocol: 'TCP' }],
              readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1, failureThreshold: 2 },
              resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: probeName, namespace: probeNamespace, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }] },
  },
]
