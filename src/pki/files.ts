import { readFile } from 'node:fs/promises'
import { type Cluster, type MachineSpec, topologyOf } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { apiServerUrl, kubeletServerUrl, proxyPlace } from '../render/endpoint.js'
import { type ManagedFile, pkiDir } from '../render/managed-file.js'
import type { Authorities, AuthorityName } from './authorities.js'
import { renderKubeconfig } from './kubeconfig.js'
import type { Leaves } from './leaves.js'
import {
  controlPlaneSubjects,
  etcdClientSubject,
  etcdSubjects,
  kubeconfigSubjects,
  kubeletSubjects,
  leaseHolderSubjects,
  type Subject,
} from './subjects.js'

const kubeletDir = '/var/lib/kubelet/pki'
/** haproxy checks API servers against this copy; on a dedicated balancer it is the only certificate there is. */
export const haproxyCaPath = '/etc/haproxy/ca.crt'
/** The kubelet renews its client certificate by itself and moves the link; we deliver the first one and never touch the link's target. */
export const kubeletClientLink = `${kubeletDir}/kubelet-client-current.pem`
export const kubeletClientIssued = `${kubeletDir}/kubelet-client-issued.pem`

const publicFile = (path: string, content: string): ManagedFile => ({ path, content, mode: 0o644 })
const secretFile = (path: string, content: string): ManagedFile => ({ path, content, mode: 0o600 })

/** The user's own etcd credentials, from this computer. Throws Q7004. */
const userEtcdFiles = async (cluster: Cluster): Promise<ManagedFile[]> => {
  const external = cluster.etcd.external
  if (!external) return []
  const read = (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      throw fault('Q7004', { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause })
    })
  const [ca, cert, key] = await Promise.all([read(external.caFile), read(external.certFile), read(external.keyFile)])
  return [
    publicFile(`${pkiDir}/etcd/ca.crt`, ca),
    publicFile(`${pkiDir}/apiserver-etcd-client.crt`, cert),
    secretFile(`${pkiDir}/apiserver-etcd-client.key`, key),
  ]
}

/** Every certificate, key and kubeconfig that the roles of one machine need, with kubeadm's paths and contents. */
export const filesFor = async (
  cluster: Cluster,
  machine: MachineSpec,
  authorities: Authorities,
  leaves: Leaves,
): Promise<ManagedFile[]> => {
  const has = (role: MachineSpec['roles'][number]): boolean => machine.roles.includes(role)
  const isControlPlane = has('control-plane')
  const isNode = isControlPlane || has('worker')
  const isMember = has('etcd') && !cluster.etcd.external
  const ca = authorities.certificates.ca.cert

  const authorityFiles = (name: AuthorityName, withKey: boolean): ManagedFile[] => [
    publicFile(`${pkiDir}/${name}.crt`, authorities.certificates[name].cert),
    ...(withKey ? [secretFile(`${pkiDir}/${name}.key`, authorities.certificates[name].key)] : []),
  ]
  const leafFiles = async (subjects: Record<string, Subject>): Promise<ManagedFile[]> => {
    const files = await Promise.all(
      Object.entries(subjects).map(async ([name, subject]) => {
        const pair = await leaves.get(`${machine.name}/${name}`, subject)
        return [publicFile(`${pkiDir}/${name}.crt`, pair.cert), secretFile(`${pkiDir}/${name}.key`, pair.key)]
      }),
    )
    return files.flat()
  }
  const kubeconfigFiles = (): Promise<ManagedFile[]> =>
    Promise.all(
      Object.entries(kubeconfigSubjects).map(async ([name, subject]) => {
        const credentials = await leaves.get(`${machine.name}/${name}`, subject)
        const user = { name: subject.commonName, credentials }
        return secretFile(`/etc/kubernetes/${name}`, renderKubeconfig(cluster.name, apiServerUrl(machine), ca, user))
      }),
    )
  const kubeletFiles = async (): Promise<ManagedFile[]> => {
    const subjects = kubeletSubjects(machine)
    const [client, server] = await Promise.all([
      leaves.get(`${machine.name}/kubelet-client`, subjects.client),
      leaves.get(`${machine.name}/kubelet`, subjects.server),
    ])
    const user = { name: subjects.client.commonName, credentials: { file: kubeletClientLink } }
    const unit = { unit: 'kubelet.service' }
    return [
      {
        ...secretFile('/etc/kubernetes/kubelet.conf', renderKubeconfig(cluster.name, kubeletServerUrl(cluster, machine), ca, user)),
        ...unit,
      },
      { ...secretFile(kubeletClientIssued, client.cert + client.key), ...unit },
      { ...publicFile(`${kubeletDir}/kubelet.crt`, server.cert), ...unit },
      { ...secretFile(`${kubeletDir}/kubelet.key`, server.key), ...unit },
    ]
  }

  const stacked = topologyOf(cluster) === 'stacked'
  const parts = await Promise.all([
    isNode ? authorityFiles('ca', isControlPlane) : [],
    isControlPlane ? authorityFiles('front-proxy-ca', true) : [],
    isControlPlane
      ? [secretFile(`${pkiDir}/sa.key`, authorities.serviceAccount.key), secretFile(`${pkiDir}/sa.pub`, authorities.serviceAccount.pub)]
      : [],
    isControlPlane ? leafFiles({ ...controlPlaneSubjects(cluster), ...leaseHolderSubjects(machine) }) : [],
    isControlPlane ? kubeconfigFiles() : [],
    isNode ? kubeletFiles() : [],
    isMember || (isControlPlane && !cluster.etcd.external) ? authorityFiles('etcd/ca', isControlPlane && stacked) : [],
    isMember ? leafFiles(etcdSubjects(machine)) : [],
    isControlPlane && !cluster.etcd.external ? leafFiles({ 'apiserver-etcd-client': etcdClientSubject }) : [],
    isControlPlane ? userEtcdFiles(cluster) : [],
    proxyPlace(cluster, machine) && cluster.balancer !== 'nginx-keepalived'
      ? [{ ...publicFile(haproxyCaPath, ca), unit: 'haproxy.service', action: 'reload' as const }]
      : [],
  ])
  return parts.flat().sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
