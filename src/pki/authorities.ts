import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../model/problem.js'
import { type KeyPair, makeAuthority, makeSigningKey } from './issue.js'
import { createDirectory } from './store.js'

/** By kubeadm's file names below the certificate directory. */
export type AuthorityName = 'ca' | 'etcd/ca' | 'front-proxy-ca'

const commonNames: Readonly<Record<AuthorityName, string>> = {
  ca: 'kubernetes',
  'etcd/ca': 'etcd-ca',
  'front-proxy-ca': 'front-proxy-ca',
}
export const authorityNames = Object.keys(commonNames) as AuthorityName[]

export interface Authorities {
  certificates: Readonly<Record<AuthorityName, KeyPair>>
  /** Signs service account tokens; the same on every control plane, or tokens of one are refused by the others. */
  serviceAccount: { key: string; pub: string }
}

const folder = (dir: string): string => join(dir, 'authorities')

/** Made in full before they get their name, so there is no moment with half of them. */
export const makeAuthorities = async (dir: string, nowMs: number): Promise<void> => {
  const serviceAccount = await makeSigningKey()
  const files: Record<string, string> = { 'sa.key': serviceAccount.key, 'sa.pub': serviceAccount.pub }
  for (const name of authorityNames) {
    const made = await makeAuthority(commonNames[name], nowMs)
    files[`${name}.crt`] = made.cert
    files[`${name}.key`] = made.key
  }
  await createDirectory(folder(dir), files)
}

export const authoritiesExist = async (dir: string): Promise<boolean> =>
  access(folder(dir)).then(
    () => true,
    () => false,
  )

/** Throws Q7001 when a file is missing or key and certificate do not belong together, Q7003 when an authority is no longer valid. */
export const readAuthorities = async (dir: string, nowMs: number): Promise<Authorities> => {
  const read = async (name: string): Promise<string> => {
    const path = join(folder(dir), name)
    try {
      return await readFile(path, 'utf8')
    } catch (cause) {
      throw fault('Q7001', { path, reason: 'it cannot be read' }, { cause })
    }
  }
  const certificates = {} as Record<AuthorityName, KeyPair>
  for (const name of authorityNames) {
    const pair = { cert: await read(`${name}.crt`), key: await read(`${name}.key`) }
    const path = join(folder(dir), `${name}.crt`)
    const certificate = parse(path, () => new X509Certificate(pair.cert))
    if (!certificate.checkPrivateKey(parse(path, () => createPrivateKey(pair.key)))) {
      throw fault('Q7001', { path, reason: 'its key belongs to another certificate' })
    }
    if (Date.parse(certificate.validTo) <= nowMs) throw fault('Q7003', { name: commonNames[name], date: certificate.validTo })
    certificates[name] = pair
  }
  const serviceAccount = { key: await read('sa.key'), pub: await read('sa.pub') }
  parse(join(folder(dir), 'sa.key'), () => createPublicKey(serviceAccount.key))
  return { certificates, serviceAccount }
}

const parse = <T>(path: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    throw fault('Q7001', { path, reason: 'it is not a valid PEM file' }, { cause })
  }
}
