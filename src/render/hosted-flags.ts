import { apiServerCount, type Cluster, etcdMachines } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { watchDrain } from './api-server-end.js'
import { duration } from './duration.js'
import { etcdClientUrl } from './etcd.js'
import { type HostedComponent, hostedFilesDir } from './hosted-names.js'
import { endpointReconciler } from './kubernetes-service.js'

type Flags = Record<string, string | number | boolean | undefined>

const file = (name: string): string => `${hostedFilesDir}/${name}`

/** Ports at which the two programs without a Service tell their health. */
export const controllerManagerPort = 10_257
export const schedulerPort = 10_259

const apiServer = (cluster: Cluster, timing: Timing): Flags => ({
  // On the loopback of every node of the cluster: the Service `kubernetes` leads each pod to its own node's proxy.
  'advertise-address': cluster.endpoint.address,
  'endpoint-reconciler-type': endpointReconciler(cluster),
  'secure-port': cluster.endpoint.port,
  'allow-privileged': true,
  'authorization-mode': 'Node,RBAC',
  'client-ca-file': file('ca.crt'),
  'enable-admission-plugins': 'NodeRestriction',
  'enable-bootstrap-token-auth': true,
  // A Service's address means another Service in the host cluster, so webhooks and added APIs are dialled at their pods.
  'enable-aggregator-routing': true,
  'etcd-cafile': file('etcd-ca.crt'),
  'etcd-certfile': file('apiserver-etcd-client.crt'),
  'etcd-keyfile': file('apiserver-etcd-client.key'),
  'etcd-servers': (cluster.etcd.external?.endpoints ?? etcdMachines(cluster).map(etcdClientUrl)).join(','),
  'etcd-readycheck-timeout': duration(timing.etcd.readyCheckMs),
  'etcd-prefix': cluster.etcd.external?.prefix,
  'kubelet-certificate-authority': file('ca.crt'),
  'kubelet-client-certificate': file('apiserver-kubelet-client.crt'),
  'kubelet-client-key': file('apiserver-kubelet-client.key'),
  'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
  'proxy-client-cert-file': file('front-proxy-client.crt'),
  'proxy-client-key-file': file('front-proxy-client.key'),
  'requestheader-allowed-names': 'front-proxy-client',
  'requestheader-client-ca-file': file('front-proxy-ca.crt'),
  'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
  'requestheader-group-headers': 'X-Remote-Group',
  'requestheader-username-headers': 'X-Remote-User',
  'service-account-issuer': `https://kubernetes.default.svc.${cluster.network.dnsDomain}`,
  'service-account-key-file': file('sa.pub'),
  'service-account-signing-key-file': file('sa.key'),
  'service-cluster-ip-range': cluster.network.serviceSubnet,
  'service-node-port-range': cluster.network.nodePortRange,
  'tls-cert-file': file('apiserver.crt'),
  'tls-private-key-file': file('apiserver.key'),
  'goaway-chance': apiServerCount(cluster) > 1 ? '0.001' : undefined,
  'shutdown-delay-duration': timing.apiShutdownDelayMs > 0 ? duration(timing.apiShutdownDelayMs) : undefined,
  'shutdown-watch-termination-grace-period': watchDrain,
  'default-not-ready-toleration-seconds': Math.round(timing.node.tolerationMs / 1000),
  'default-unreachable-toleration-seconds': Math.round(timing.node.tolerationMs / 1000),
})

const leaderElection = (timing: Timing): Flags => ({
  'leader-elect': true,
  'leader-elect-lease-duration': duration(timing.lease.durationMs),
  'leader-elect-renew-deadline': duration(timing.lease.renewMs),
  'leader-elect-retry-period': duration(timing.lease.retryMs),
})

const controllerManager = (cluster: Cluster, timing: Timing): Flags => ({
  ...leaderElection(timing),
  // As on machines (kubeadm.ts): with what is built in a new leader spends seconds on the tokens of its controllers.
  'kube-api-qps': 200,
  'kube-api-burst': 400,
  'allocate-node-cidrs': cluster.network.plugin.kind !== 'routed',
  'authentication-kubeconfig': file('controller-manager.conf'),
  'authorization-kubeconfig': file('controller-manager.conf'),
  'client-ca-file': file('ca.crt'),
  'cluster-cidr': cluster.network.podSubnet,
  'cluster-name': cluster.name,
  'cluster-signing-cert-file': file('ca.crt'),
  'cluster-signing-key-file': file('ca.key'),
  controllers: '*,bootstrapsigner,tokencleaner',
  kubeconfig: file('controller-manager.conf'),
  'node-monitor-period': duration(timing.node.monitorPeriodMs),
  'node-monitor-grace-period': duration(timing.node.monitorGraceMs),
  'requestheader-client-ca-file': file('front-proxy-ca.crt'),
  'root-ca-file': file('ca.crt'),
  'secure-port': controllerManagerPort,
  'service-account-private-key-file': file('sa.key'),
  'service-cluster-ip-range': cluster.network.serviceSubnet,
  'use-service-account-credentials': true,
})

const scheduler = (_: Cluster, timing: Timing): Flags => ({
  ...leaderElection(timing),
  'authentication-kubeconfig': file('scheduler.conf'),
  'authorization-kubeconfig': file('scheduler.conf'),
  kubeconfig: file('scheduler.conf'),
  'secure-port': schedulerPort,
})

const flagsOf: Record<HostedComponent, (cluster: Cluster, timing: Timing) => Flags> = {
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllerManager,
  'kube-scheduler': scheduler,
}

/** The command line of one component as a pod: what kubeadm gives it on a control plane, and where that cannot be in a pod, what stands for it. */
export const hostedCommand = (component: HostedComponent, cluster: Cluster, timing: Timing): string[] => [
  component,
  ...Object.entries(flagsOf[component](cluster, timing))
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]))
    .sort(),
]
