import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import type { Subject } from './subjects.js'
import { splitNames } from './subjects.js'

/** A certificate and its private key, both PEM; the key is PKCS#8. */
export interface KeyPair {
  cert: string
  key: string
}

const dayMs = 86_400_000
export const authorityLifeMs = 3650 * dayMs
export const leafLifeMs = 365 * dayMs
/** Clocks of machines differ a little; kubeadm dates its certificates back by the same amount. */
export const backdateMs = 5 * 60_000

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** The library costs 0.1 s to import, so it is loaded only when something is really issued. */
const load = async (): Promise<typeof import('@peculiar/x509')> => {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto)
  return x509
}

const pem = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const generate = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>

const exportKey = async (key: webcrypto.CryptoKey): Promise<string> => pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', key))

/** Positive and below 2^127: RFC 5280 allows at most 20 octets, and a leading zero bit keeps DER from padding it. */
const serialNumber = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01
  return Buffer.from(bytes).toString('hex')
}

const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000)

const subjectName = (commonName: string, organization?: string): { [key: string]: string[] }[] => [
  ...(organization ? [{ O: [organization] }] : []),
  { CN: [commonName] },
]

/** A key pair without certificate, for service account tokens: public key as PEM beside the private one. */
export const makeSigningKey = async (): Promise<{ key: string; pub: string }> => {
  const pair = await generate()
  return { key: await exportKey(pair.privateKey), pub: pem('PUBLIC KEY', await webcrypto.subtle.exportKey('spki', pair.publicKey)) }
}

/** A self-signed authority, with the usages and the DNS name that kubeadm gives its own. */
export const makeAuthority = async (commonName: string, nowMs: number): Promise<KeyPair> => {
  const x509 = await load()
  const keys = await generate()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: new x509.Name(subjectName(commonName)),
    notBefore: wholeSeconds(nowMs - backdateMs),
    notAfter: wholeSeconds(nowMs + authorityLifeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: commonName }]),
    ],
  })
  return { cert: pem('CERTIFICATE', cert.rawData), key: await exportKey(keys.privateKey) }
}

/** What every signature of one authority needs, read once: a cluster of seven machines has fifty leaves. */
const signerOf = async (authority: KeyPair) => {
  const x509 = await load()
  const issuer = new x509.X509Certificate(authority.cert)
  const der = Buffer.from(authority.key.replace(/-----[^-]+-----/g, ''), 'base64')
  return {
    issuer,
    key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(issuer),
  }
}

const signers = new WeakMap<KeyPair, ReturnType<typeof signerOf>>()

/** A leaf signed by an authority. It never outlives it: a chain with a dead link looks valid to nobody. */
export const issueLeaf = async (subject: Subject, authority: KeyPair, nowMs: number): Promise<KeyPair> => {
  const x509 = await load()
  const signing = signers.get(authority) ?? signerOf(authority)
  signers.set(authority, signing)
  const [{ issuer, key, keyIdentifier }, keys] = await Promise.all([signing, generate()])
  const names = splitNames(subject.names)
  const all = [...names.dns, ...names.ip]
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new x509.Name(subjectName(subject.commonName, subject.organization)),
    issuer: issuer.subjectName,
    notBefore: wholeSeconds(Math.max(nowMs - backdateMs, issuer.notBefore.getTime())),
    notAfter: wholeSeconds(Math.min(nowMs + leafLifeMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(
        subject.usages.map((u) => (u === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth)),
      ),
      keyIdentifier,
      ...(all.length > 0
        ? [
            new x509.SubjectAlternativeNameExtension(
              all.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
            ),
          ]
        : []),
    ],
  })
  return { cert: pem('CERTIFICATE', cert.rawData), key: await exportKey(keys.privateKey) }
}
