import type { Cluster } from '../model/cluster.js'

/** KubeProxyConfiguration in nftables mode. Path of the kubeconfig is the one in kubeadm's DaemonSet. */
export const kubeProxyConfiguration = (cluster: Cluster): object => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: cluster.network.podSubnet,
  clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
  // An endpoint that went away is out of use so much sooner; the rules of nftables are changed in place, not written anew.
  nftables: { minSyncPeriod: '200ms', syncPeriod: '30s' },
  // Zero leaves the kernel's settings alone: they belong to the whole kernel, which machines on this computer share. On hosts,
  // the size of the table is set in sysctl.ts.
  conntrack: { maxPerCore: 0, min: 0, tcpCloseWaitTimeout: '0s', tcpEstablishedTimeout: '0s' },
})
