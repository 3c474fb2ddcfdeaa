import type { Cluster } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { duration, wholeSeconds } from './duration.js'
import type { RenderOptions } from './options.js'
import { addressAt, dnsServiceIp } from './subnet.js'

/** What pods of dnsPolicy Default, CoreDNS among them, see as their resolv.conf on machines made on this computer. */
export const labResolvPath = '/etc/kubernetes/resolv.conf'

/**
 * A lab has no way out, and CoreDNS does not start without a name server to forward to, nor with one on loopback (it finds the loop).
 * So it is given the last address of the subnet, where nobody answers.
 */
export const renderLabResolv = (cluster: Cluster): string => `nameserver ${addressAt(cluster.network.machineSubnet, -2)}\n`

/** Sharing one disk and one kernel with everything else on this computer. */
const labSettings = {
  failCgroupV1: false,
  failSwapOn: false,
  cgroupDriver: 'cgroupfs',
  resolvConf: labResolvPath,
  // The disk is this computer's: its being full is not the node's fault, and images that nobody can fetch again must stay.
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'nodefs.inodesFree': '1%', 'imagefs.available': '1%' },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
}

const hostSettings = {
  cgroupDriver: 'systemd',
  shutdownGracePeriod: '30s',
  shutdownGracePeriodCriticalPods: '10s',
}

/** KubeletConfiguration, the same on every node; what differs comes by flags. */
export const kubeletConfiguration = (cluster: Cluster, timing: Timing, { lab }: RenderOptions): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  ...(lab ? labSettings : hostSettings),
  clusterDNS: [dnsServiceIp(cluster.network.serviceSubnet)],
  clusterDomain: cluster.network.dnsDomain,
  nodeStatusUpdateFrequency: duration(timing.node.statusUpdateMs),
  // A status that did not change is not sent again for so long; being alive is told by the lease.
  nodeStatusReportFrequency: '5m0s',
  nodeLeaseDurationSeconds: wholeSeconds(timing.node.leaseDurationMs),
  // The API server verifies kubelets, so their certificate comes from the cluster's authority and not from themselves.
  serverTLSBootstrap: false,
  tlsCertFile: '/var/lib/kubelet/pki/kubelet.crt',
  tlsPrivateKeyFile: '/var/lib/kubelet/pki/kubelet.key',
  rotateCertificates: true,
  // Nobody jumps to kubelet's chains when kube-proxy speaks nftables; other network plugins look for them to learn which iptables is in use.
  ...(cluster.network.plugin.kind === 'routed' ? { makeIPTablesUtilChains: false } : {}),
  serializeImagePulls: false,
  maxParallelImagePulls: 5,
  // A control plane that was killed ten times comes back as fast as after the first: upstream's back-off would reach five minutes.
  crashLoopBackOff: { maxContainerRestartPeriod: lab ? '2s' : '10s' },
})
