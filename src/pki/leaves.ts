import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Authorities } from './authorities.js'
import { issueLeaf, type KeyPair } from './issue.js'
import { createFile, replaceFile } from './store.js'
import { type Subject, splitNames } from './subjects.js'

/** A leaf with less life left than this is issued anew. */
export const renewBeforeMs = 30 * 86_400_000

/** Thrown inside when reading only; never leaves this folder. */
export class NotIssued extends Error {
  override readonly name = 'NotIssued'
}

/** Node prints alternative names as `DNS:a, IP Address:1.2.3.4`. */
const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
    .map((name) => (name === '0:0:0:0:0:0:0:1' ? '::1' : name))

const usageOids = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

/** Is this certificate what it should be, signed by the authority we hold now, with enough life left? */
export const isCurrent = (pair: KeyPair, subject: Subject, authority: KeyPair, nowMs: number): boolean => {
  try {
    const certificate = new X509Certificate(pair.cert)
    const issuer = new X509Certificate(authority.cert)
    const wanted = splitNames(subject.names)
    const had = splitNames(namesOf(certificate))
    const who = [...(subject.organization ? [`O=${subject.organization}`] : []), `CN=${subject.commonName}`].join('\n')
    // An authority near its own end cannot give more life than it has; then the longest possible is enough.
    const enoughMs = Math.min(nowMs + renewBeforeMs, Date.parse(issuer.validTo))
    return (
      certificate.subject === who &&
      had.dns.join() === wanted.dns.join() &&
      had.ip.join() === wanted.ip.join() &&
      [...(certificate.keyUsage ?? [])].sort().join() ===
        subject.usages
          .map((u) => usageOids[u])
          .sort()
          .join() &&
      Date.parse(certificate.validTo) >= enoughMs &&
      certificate.checkIssued(issuer) &&
      certificate.verify(issuer.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(pair.key))
    )
  } catch {
    return false
  }
}

/** One file holds certificate and key together, so the two can never be of different issues. */
export const splitPair = (text: string): KeyPair | undefined => {
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text)?.[0]
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0]
  return cert && key ? { cert, key } : undefined
}

export const leavesFolder = (dir: string): string => join(dir, 'leaves')

/** Keeps every leaf under an id such as `cp-1/etcd/peer`. What is kept and still right is given back unchanged, byte for byte. */
export interface Leaves {
  get(id: string, subject: Subject): Promise<KeyPair>
}

/** With `readOnly` nothing is issued: `get` throws NotIssued instead. */
export const openLeaves = (dir: string, authorities: Authorities, nowMs: () => number, readOnly: boolean): Leaves => {
  const leaves = keptLeaves(dir, authorities, nowMs, readOnly)
  const last = new Map<string, Promise<unknown>>()
  return {
    // One after another for each id: two at once would each issue one anew, and only the later one would be kept.
    get: (id, subject) => {
      const mine = (last.get(id) ?? Promise.resolve()).then(() => leaves.get(id, subject))
      last.set(
        id,
        mine.catch(() => undefined),
      )
      return mine
    },
  }
}

const keptLeaves = (dir: string, authorities: Authorities, nowMs: () => number, readOnly: boolean): Leaves => ({
  get: async (id, subject) => {
    const path = join(leavesFolder(dir), `${id}.pem`)
    const authority = authorities.certificates[subject.authority]
    const read = async (): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)
    const kept = await read()
    const pair = kept === undefined ? undefined : splitPair(kept)
    if (pair && isCurrent(pair, subject, authority, nowMs())) return pair
    if (readOnly) throw new NotIssued(id)
    const issued = await issueLeaf(subject, authority, nowMs())
    const text = issued.cert + issued.key
    if (kept !== undefined) {
      await replaceFile(path, text)
      return issued
    }
    if (await createFile(path, text)) return issued
    // Another process issued it in the meantime; both must hand out the same one.
    return splitPair((await read()) ?? '') ?? issued
  },
})
