import { stringify } from 'yaml'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { kubeletConfiguration } from './kubelet.js'
import type { RenderOptions } from './options.js'

export const kubeletConfigPath = '/var/lib/kubelet/config.yaml'
export const kubeletFlagsPath = '/var/lib/kubelet/kubeadm-flags.env'

/** What kubeadm adds to a KubeletConfiguration when it writes one (kubeadm: componentconfigs/kubelet.go). */
const kubeadmDefaults = {
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true, cacheTTL: '0s' },
    x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
  },
  authorization: { mode: 'Webhook' },
  healthzBindAddress: '127.0.0.1',
  healthzPort: 10248,
  staticPodPath: '/etc/kubernetes/manifests',
  containerRuntimeEndpoint: 'unix:///var/run/containerd/containerd.sock',
}

/**
 * A worker's kubelet settings, as `kubeadm join` would write them. They are written directly: `kubeadm init phase kubelet-start` refuses a machine that
 * holds the certificate of the authority without its key, and a worker must never hold that key.
 */
export const renderWorkerKubeletConfig = (cluster: Cluster, timing: Timing, options: RenderOptions): string =>
  `# Written by quorate; changes here are overwritten.\n${stringify({ ...kubeadmDefaults, ...kubeletConfiguration(cluster, timing, options) })}`

export const renderKubeletFlags = (machine: MachineSpec): string => {
  const flags = [
    `--hostname-override=${machine.name}`,
    `--node-ip=${machine.address}`,
    ...(machine.zone ? [`--node-labels=topology.kubernetes.io/zone=${machine.zone}`] : []),
  ]
  return `KUBELET_KUBEADM_ARGS="${flags.join(' ')}"\n`
}
