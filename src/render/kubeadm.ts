import { stringify } from 'yaml'
import { type Cluster, controlPlanes, etcdMachines, type MachineSpec, topologyOf, workers } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { drainSeconds, watchDrain } from './api-server-end.js'
import { duration } from './duration.js'
import { apiServerPort } from './endpoint.js'
import { environmentList, goEnvironment } from './environment.js'
import { etcdClientUrl, etcdDataDir, etcdSettings } from './etcd.js'
import { kubeProxyConfiguration } from './kube-proxy.js'
import { kubeletConfiguration } from './kubelet.js'
import { endpointReconciler } from './kubernetes-service.js'
import { pkiDir } from './managed-file.js'
import type { RenderOptions } from './options.js'
import { http2Environment } from './systemd.js'

export const kubeadmConfigPath = '/etc/kubernetes/kubeadm.yaml'
export const kubeadmPatchesDir = '/etc/kubernetes/patches'

interface Argument {
  name: string
  value: string
}

const args = (entries: [name: string, value: string | number | undefined][]): Argument[] =>
  entries.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }]))

/** Control planes take ordinary pods only when nobody else can, or when the file says so. */
export const taintsOf = (cluster: Cluster, machine: MachineSpec): { key: string; effect: 'NoSchedule' }[] =>
  machine.roles.includes('control-plane') && !machine.roles.includes('worker') && workers(cluster).length > 0
    ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]
    : []

const etcdSection = (cluster: Cluster, timing: Timing, options: RenderOptions): object => {
  const extraEnvs = environmentList(goEnvironment(options))
  if (topologyOf(cluster) === 'stacked')
    return {
      local: { dataDir: etcdDataDir, extraArgs: args(etcdSettings(cluster, timing)), ...(extraEnvs.length > 0 ? { extraEnvs } : {}) },
    }
  return {
    external: {
      endpoints: cluster.etcd.external?.endpoints ?? etcdMachines(cluster).map(etcdClientUrl),
      caFile: `${pkiDir}/etcd/ca.crt`,
      certFile: `${pkiDir}/apiserver-etcd-client.crt`,
      keyFile: `${pkiDir}/apiserver-etcd-client.key`,
    },
  }
}

/** pki/subjects.ts makes the pair. The controller-manager's pod has all of the folder already, the scheduler's none of it. */
const servingFolder = (component: 'controller-manager' | 'scheduler'): string => `${pkiDir}/${component}`
const serving = (component: 'controller-manager' | 'scheduler'): [string, string][] => [
  ['tls-cert-file', `${servingFolder(component)}/server.crt`],
  ['tls-private-key-file', `${servingFolder(component)}/server.key`],
]

const leaderElection = (timing: Timing): [string, string][] => [
  ['leader-elect-lease-duration', duration(timing.lease.durationMs)],
  ['leader-elect-renew-deadline', duration(timing.lease.renewMs)],
  ['leader-elect-retry-period', duration(timing.lease.retryMs)],
]

const clusterConfiguration = (cluster: Cluster, timing: Timing, options: RenderOptions): object => {
  const extraEnvs = environmentList({ ...http2Environment(timing), ...goEnvironment(options) })
  const routed = cluster.network.plugin.kind === 'routed'
  const { node } = timing
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    clusterName: cluster.name,
    kubernetesVersion: cluster.kubernetesVersion,
    controlPlaneEndpoint: `${cluster.endpoint.address}:${cluster.endpoint.port}`,
    certificatesDir: pkiDir,
    // Certificates come from our own authorities; kubeadm renews with the same kind of key.
    encryptionAlgorithm: 'ECDSA-P256',
    networking: {
      podSubnet: cluster.network.podSubnet,
      serviceSubnet: cluster.network.serviceSubnet,
      dnsDomain: cluster.network.dnsDomain,
    },
    etcd: etcdSection(cluster, timing, options),
    apiServer: {
      certSANs: [
        ...new Set(['127.0.0.1', 'localhost', cluster.endpoint.address, ...controlPlanes(cluster).flatMap((m) => [m.name, m.address])]),
      ],
      extraArgs: args([
        // HTTP/2 pins a client to one server for ever; a few are asked to come again, elsewhere.
        ['goaway-chance', controlPlanes(cluster).length > 1 ? '0.001' : undefined],
        // /readyz is false for so long before the port closes that every balancer has seen it.
        ['shutdown-delay-duration', timing.apiShutdownDelayMs > 0 ? duration(timing.apiShutdownDelayMs) : undefined],
        ['shutdown-watch-termination-grace-period', timing.name === 'guide' ? undefined : watchDrain],
        ['default-not-ready-toleration-seconds', Math.round(node.tolerationMs / 1000)],
        ['default-unreachable-toleration-seconds', Math.round(node.tolerationMs / 1000)],
        ['kubelet-certificate-authority', `${pkiDir}/ca.crt`],
        ['etcd-readycheck-timeout', duration(timing.etcd.readyCheckMs)],
        ['endpoint-reconciler-type', endpointReconciler(cluster)],
        ['etcd-prefix', cluster.etcd.external?.prefix],
        ['service-node-port-range', cluster.network.nodePortRange],
      ]),
      extraEnvs,
    },
    controllerManager: {
      extraArgs: args([
        ...leaderElection(timing),
        ...serving('controller-manager'),
        // With 20 requests a second, as is built in, a new leader spends 5 s on the tokens of its forty controllers before it does any work.
        ['kube-api-qps', 200],
        ['kube-api-burst', 400],
        ['node-monitor-period', duration(node.monitorPeriodMs)],
        ['node-monitor-grace-period', duration(node.monitorGraceMs)],
        // The subnet of each node is declared with it; a controller would hand it out later, and by its own choice.
        ['allocate-node-cidrs', routed ? 'false' : undefined],
      ]),
      extraEnvs,
    },
    scheduler: {
      extraArgs: args([...leaderElection(timing), ...serving('scheduler')]),
      extraEnvs,
      extraVolumes: [
        {
          name: 'serving',
          hostPath: servingFolder('scheduler'),
          mountPath: servingFolder('scheduler'),
          readOnly: true,
          pathType: 'Directory',
        },
      ],
    },
  }
}

const initConfiguration = (cluster: Cluster, machine: MachineSpec, { lab }: RenderOptions): object => ({
  apiVersion: 'kubeadm.k8s.io/v1beta4',
  kind: 'InitConfiguration',
  localAPIEndpoint: { advertiseAddress: machine.address, bindPort: apiServerPort },
  nodeRegistration: {
    name: machine.name,
    criSocket: 'unix:///run/containerd/containerd.sock',
    imagePullPolicy: lab ? 'Never' : 'IfNotPresent',
    taints: taintsOf(cluster, machine),
    kubeletExtraArgs: args([
      ['node-ip', machine.address],
      ['hostname-override', machine.name],
      ['node-labels', machine.zone ? `topology.kubernetes.io/zone=${machine.zone}` : undefined],
    ]),
  },
  patches: { directory: kubeadmPatchesDir },
})

/**
 * The file that `kubeadm init phase ...` reads on one machine: InitConfiguration, ClusterConfiguration, KubeletConfiguration and
 * KubeProxyConfiguration (kubeadm.k8s.io/v1beta4). The cluster-wide parts are the same on all.
 */
export const renderKubeadmConfig = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: RenderOptions): string =>
  `# Written by quorate; changes here are overwritten.\n${[
    initConfiguration(cluster, machine, options),
    clusterConfiguration(cluster, timing, options),
    kubeletConfiguration(cluster, timing, options),
    kubeProxyConfiguration(cluster),
  ]
    .map((document) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }))
    .join('---\n')}`

/**
 * An API server listens at its machine's address alone: a proxy beside it has the same port at another one, now or when the balancer is changed. No part of the
 * ClusterConfiguration, which kubeadm keeps once for all machines.
 */
export const renderApiServerAddress = (machine: MachineSpec): string =>
  stringify([{ op: 'add', path: '/spec/containers/0/command/-', value: `--bind-address=${machine.address}` }])

/** What the v1beta4 API has no field for: read by kubeadm from its directory of patches, at init as at each upgrade. */
export const renderApiServerPatch = (timing: Timing): string =>
  stringify({ spec: { terminationGracePeriodSeconds: Math.ceil(timing.apiShutdownDelayMs / 1000) + drainSeconds } })

/**
 * kubeadm asks for a tenth of a processor for etcd, less than for any other part of the control plane: on a busy machine the one program whose
 * heartbeats must be in time would get the least. Requests become weights (cpu.shares), so nothing is taken from others while they are idle.
 */
export const renderEtcdPatch = (): string =>
  stringify({ spec: { containers: [{ name: 'etcd', resources: { requests: { cpu: '500m' } } }] } })
