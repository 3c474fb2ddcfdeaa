import { readFile } from 'node:fs/promises'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import type { HostedSecrets } from '../render/hosted-names.js'
import type { ManagedFile } from '../render/managed-file.js'
import { type Authorities, authoritiesExist, makeAuthorities, readAuthorities } from './authorities.js'
import { type Expiry, listExpiry } from './expiry.js'
import { filesFor } from './files.js'
import { hostedSecrets } from './hosted.js'
import { renderKubeconfig } from './kubeconfig.js'
import { type Leaves, NotIssued, openLeaves } from './leaves.js'
import { operatorSubjects } from './subjects.js'

/** What a TLS client needs, all PEM. */
export interface TlsMaterial {
  ca: string
  cert: string
  key: string
}

export interface Pki {
  /** All files with keys or certificates that one machine needs, sorted by path; the same bytes on every call. */
  filesFor(cluster: Cluster, machine: MachineSpec): Promise<ManagedFile[]>
  /** All that the pods of a hosted control plane must be given; the same bytes on every call. */
  hostedSecrets(cluster: Cluster): Promise<HostedSecrets>
  /** A kubeconfig for people, in the group kubeadm:cluster-admins. `server` is a URL. */
  adminKubeconfig(cluster: Cluster, server: string): Promise<string>
  /** For quorate itself: allowed everything, even before any role exists. */
  adminTls(): Promise<TlsMaterial>
  /** For quorate itself, to every etcd member; with an etcd of the user's, the user's own credentials. */
  etcdTls(cluster?: Cluster): Promise<TlsMaterial>
  expiry(): Promise<Expiry[]>
}

export interface PkiOptions {
  /** Milliseconds since the epoch. */
  now?: () => number
}

const pkiOf = (dir: string, authorities: Authorities, leaves: Leaves, now: () => number): Pki => {
  const { ca, 'etcd/ca': etcdCa } = authorities.certificates
  return {
    filesFor: (cluster, machine) => filesFor(cluster, machine, authorities, leaves),
    hostedSecrets: (cluster) => hostedSecrets(cluster, authorities, leaves),
    adminKubeconfig: async (cluster, server) => {
      const credentials = await leaves.get('operator/user', operatorSubjects.user)
      return renderKubeconfig(cluster.name, server, ca.cert, { name: operatorSubjects.user.commonName, credentials })
    },
    adminTls: async () => ({ ca: ca.cert, ...(await leaves.get('operator/api', operatorSubjects.api)) }),
    etcdTls: async (cluster) => {
      const external = cluster?.etcd.external
      if (!external) return { ca: etcdCa.cert, ...(await leaves.get('operator/etcd', operatorSubjects.etcd)) }
      const read = (path: string): Promise<string> =>
        readFile(path, 'utf8').catch((cause: unknown) => {
          throw fault('Q7004', { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause })
        })
      const [userCa, cert, key] = await Promise.all([read(external.caFile), read(external.certFile), read(external.keyFile)])
      return { ca: userCa, cert, key }
    },
    expiry: () => listExpiry(dir, authorities, now()),
  }
}

/**
 * The keys of one cluster, kept in `dir` (0700) on this computer. Authorities are made at the first call and never again; leaves are
 * issued when first asked for, and anew only when a name, the issuer or the time demands it. Safe to call from two processes at once.
 * Throws Q7001 (kept keys damaged), Q7002 (cannot write), Q7003 (authority expired), Q7004 (user's etcd files).
 */
export const openPki = async (dir: string, options: PkiOptions = {}): Promise<Pki> => {
  const now = options.now ?? Date.now
  if (!(await authoritiesExist(dir))) await makeAuthorities(dir, now())
  const authorities = await readAuthorities(dir, now())
  return pkiOf(dir, authorities, openLeaves(dir, authorities, now, false), now)
}

export interface KeptPki extends Omit<Pki, 'filesFor' | 'hostedSecrets'> {
  /** Undefined when anything would have to be issued first. */
  filesFor(cluster: Cluster, machine: MachineSpec): Promise<ManagedFile[] | undefined>
  hostedSecrets(cluster: Cluster): Promise<HostedSecrets | undefined>
}

/** For plans: what is kept already, without writing anything. Undefined when there are no authorities yet. */
export const findPki = async (dir: string, options: PkiOptions = {}): Promise<KeptPki | undefined> => {
  const now = options.now ?? Date.now
  if (!(await authoritiesExist(dir))) return undefined
  const authorities = await readAuthorities(dir, now())
  const pki = pkiOf(dir, authorities, openLeaves(dir, authorities, now, true), now)
  const ifIssued = <T>(asked: Promise<T>): Promise<T | undefined> =>
    asked.catch((error: unknown) => {
      if (error instanceof NotIssued) return undefined
      throw error
    })
  return {
    ...pki,
    filesFor: (cluster, machine) => ifIssued(pki.filesFor(cluster, machine)),
    hostedSecrets: (cluster) => ifIssued(pki.hostedSecrets(cluster)),
    // Issued at the end of the first run: who asks before that asks for a cluster that is not there yet.
    adminKubeconfig: async (cluster, server) => {
      const text = await ifIssued(pki.adminKubeconfig(cluster, server))
      if (text === undefined) throw fault('Q4031', { cluster: cluster.name })
      return text
    },
  }
}
