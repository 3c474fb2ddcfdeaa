import { readFile } from 'node:fs/promises'
import type { Cluster } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { type HostedSecrets, hostedApiUrl } from '../render/hosted-names.js'
import type { Authorities } from './authorities.js'
import { renderKubeconfig } from './kubeconfig.js'
import type { Leaves } from './leaves.js'
import { controlPlaneSubjects, etcdClientSubject, kubeconfigSubjects } from './subjects.js'

const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw fault('Q7004', { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause })
  })

/** Certificates for etcd: of the members' own authority, or the user's. */
const etcdFiles = async (cluster: Cluster, authorities: Authorities, leaves: Leaves): Promise<Record<string, string>> => {
  const { external } = cluster.etcd
  if (external) {
    const [ca, cert, key] = await Promise.all([read(external.caFile), read(external.certFile), read(external.keyFile)])
    return { 'etcd-ca.crt': ca, 'apiserver-etcd-client.crt': cert, 'apiserver-etcd-client.key': key }
  }
  const pair = await leaves.get('hosted/apiserver-etcd-client', etcdClientSubject)
  return {
    'etcd-ca.crt': authorities.certificates['etcd/ca'].cert,
    'apiserver-etcd-client.crt': pair.cert,
    'apiserver-etcd-client.key': pair.key,
  }
}

/** What each program of a hosted control plane needs to know and nobody else may, by file name. Throws Q7004 (user's etcd files). */
export const hostedSecrets = async (cluster: Cluster, authorities: Authorities, leaves: Leaves): Promise<HostedSecrets> => {
  const { ca, 'front-proxy-ca': frontProxy } = authorities.certificates
  const { serviceAccount } = authorities
  const served = await Promise.all(
    Object.entries(controlPlaneSubjects(cluster)).map(async ([name, subject]) => {
      const pair = await leaves.get(`hosted/${name}`, subject)
      return [
        [`${name}.crt`, pair.cert],
        [`${name}.key`, pair.key],
      ]
    }),
  )
  const kubeconfig = async (file: string): Promise<string> => {
    const subject = kubeconfigSubjects[file]
    if (!subject) throw new Error(`no subject for ${file}`)
    const credentials = await leaves.get(`hosted/${file}`, subject)
    return renderKubeconfig(cluster.name, hostedApiUrl(cluster), ca.cert, { name: subject.commonName, credentials })
  }
  return {
    'kube-apiserver': {
      ...(Object.fromEntries(served.flat()) as Record<string, string>),
      ...(await etcdFiles(cluster, authorities, leaves)),
      'ca.crt': ca.cert,
      'front-proxy-ca.crt': frontProxy.cert,
      'sa.pub': serviceAccount.pub,
      'sa.key': serviceAccount.key,
    },
    'kube-controller-manager': {
      'ca.crt': ca.cert,
      'ca.key': ca.key,
      'front-proxy-ca.crt': frontProxy.cert,
      'sa.key': serviceAccount.key,
      'controller-manager.conf': await kubeconfig('controller-manager.conf'),
    },
    'kube-scheduler': { 'scheduler.conf': await kubeconfig('scheduler.conf') },
  }
}
