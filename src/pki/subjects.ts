import { isIP } from 'node:net'
import { type Cluster, controlPlanes, type MachineSpec } from '../model/cluster.js'
import { apiDoors } from '../render/endpoint.js'
import { hostedApiNames } from '../render/hosted-names.js'
import { kubernetesServiceIp } from '../render/subnet.js'
import type { AuthorityName } from './authorities.js'

/** One leaf certificate as it should be. `names` holds DNS names and addresses mixed; they are told apart by their form. */
export interface Subject {
  commonName: string
  organization?: string
  authority: AuthorityName
  usages: ('server' | 'client')[]
  names?: string[]
}

/** kubeadm's own group of administrators, bound to cluster-admin by a binding that can be taken away again. */
export const adminGroup = 'kubeadm:cluster-admins'

const unique = (names: string[]): string[] => [...new Set(names)]

/** Every name under which any API server may be reached: a certificate then fits whichever of them answers behind the endpoint. */
export const apiServerNames = (cluster: Cluster): string[] =>
  unique([
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${cluster.network.dnsDomain}`,
    'localhost',
    ...controlPlanes(cluster).map((m) => m.name),
    kubernetesServiceIp(cluster.network.serviceSubnet),
    '127.0.0.1',
    ...controlPlanes(cluster).map((m) => m.address),
    cluster.endpoint.address,
    ...(cluster.hosted ? [...hostedApiNames(cluster, cluster.hosted), ...apiDoors(cluster).map((m) => m.address)] : []),
  ])

const etcdNames = (machine: MachineSpec): string[] => [machine.name, 'localhost', machine.address, '127.0.0.1', '::1']

/** Certificates of a control plane, by kubeadm's file names below /etc/kubernetes/pki. */
export const controlPlaneSubjects = (cluster: Cluster): Record<string, Subject> => ({
  apiserver: { commonName: 'kube-apiserver', authority: 'ca', usages: ['server'], names: apiServerNames(cluster) },
  'apiserver-kubelet-client': {
    commonName: 'kube-apiserver-kubelet-client',
    organization: adminGroup,
    authority: 'ca',
    usages: ['client'],
  },
  'front-proxy-client': { commonName: 'front-proxy-client', authority: 'front-proxy-ca', usages: ['client'] },
})

export const etcdClientSubject: Subject = { commonName: 'kube-apiserver-etcd-client', authority: 'etcd/ca', usages: ['client'] }

/** Certificates of an etcd member. Peers dial each other, so both of the long-lived ones carry both usages. */
export const etcdSubjects = (machine: MachineSpec): Record<string, Subject> => ({
  'etcd/server': { commonName: machine.name, authority: 'etcd/ca', usages: ['server', 'client'], names: etcdNames(machine) },
  'etcd/peer': { commonName: machine.name, authority: 'etcd/ca', usages: ['server', 'client'], names: etcdNames(machine) },
  'etcd/healthcheck-client': { commonName: 'kube-etcd-healthcheck-client', authority: 'etcd/ca', usages: ['client'] },
})

/**
 * What the two programs with a lease show to whoever asks for their health or metrics. Without one each makes an RSA pair at every start, which nobody
 * can verify and which costs a quarter of a second before it stands for election.
 */
export const leaseHolderSubjects = (machine: MachineSpec): Record<string, Subject> => {
  const names = [machine.name, 'localhost', machine.address, '127.0.0.1']
  return {
    'controller-manager/server': { commonName: 'kube-controller-manager', authority: 'ca', usages: ['server'], names },
    'scheduler/server': { commonName: 'kube-scheduler', authority: 'ca', usages: ['server'], names },
  }
}

/** Certificates inside the kubeconfig files of a control plane, by file name. */
export const kubeconfigSubjects: Readonly<Record<string, Subject>> = {
  'admin.conf': { commonName: 'kubernetes-admin', organization: adminGroup, authority: 'ca', usages: ['client'] },
  'super-admin.conf': { commonName: 'kubernetes-super-admin', organization: 'system:masters', authority: 'ca', usages: ['client'] },
  'controller-manager.conf': { commonName: 'system:kube-controller-manager', authority: 'ca', usages: ['client'] },
  'scheduler.conf': { commonName: 'system:kube-scheduler', authority: 'ca', usages: ['client'] },
}

/** A kubelet's two faces. The node authorizer reads name and group from the client certificate, so both are fixed by Kubernetes. */
export const kubeletSubjects = (machine: MachineSpec): { client: Subject; server: Subject } => {
  const who = { commonName: `system:node:${machine.name}`, organization: 'system:nodes', authority: 'ca' as const }
  return {
    client: { ...who, usages: ['client'] },
    server: { ...who, usages: ['server'], names: [machine.name, machine.address] },
  }
}

/** quorate's own certificates. Not bound to any machine; the first must work before any role binding exists. */
export const operatorSubjects = {
  api: { commonName: 'quorate', organization: 'system:masters', authority: 'ca', usages: ['client'] },
  user: { commonName: 'kubernetes-admin', organization: adminGroup, authority: 'ca', usages: ['client'] },
  etcd: { commonName: 'quorate', authority: 'etcd/ca', usages: ['client'] },
} as const satisfies Record<string, Subject>

/** DNS names and addresses apart, each sorted, as two certificates are compared. */
export const splitNames = (names: readonly string[] = []): { dns: string[]; ip: string[] } => ({
  dns: unique(names.filter((n) => isIP(n) === 0)).sort(),
  ip: unique(names.filter((n) => isIP(n) !== 0)).sort(),
})
