import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { TlsIdentity } from '../../../src/client/transport.js'

type CryptoKeyPair = webcrypto.CryptoKeyPair

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 86_400_000

interface Pair {
  cert: x509.X509Certificate
  keys: CryptoKeyPair
}

const pemOfKey = async (keys: CryptoKeyPair): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')

const makeKeys = async (): Promise<CryptoKeyPair> => await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const makeAuthority = async (): Promise<Pair> => {
  const keys = await makeKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test authority',
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return { cert, keys }
}

export interface Leaf {
  cert: string
  key: string
}

/** A throw-away authority with leaves good for both ends of a connection. */
export class TestAuthority {
  #serial = 1
  private constructor(private readonly root: Pair) {}

  static async make(): Promise<TestAuthority> {
    return new TestAuthority(await makeAuthority())
  }

  get ca(): string {
    return this.root.cert.toString('pem')
  }

  async leaf(commonName: string, names: { dns?: string[]; ip?: string[] } = {}, days = 90): Promise<Leaf> {
    const keys = await makeKeys()
    const { clientAuth, serverAuth } = x509.ExtendedKeyUsage
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: String(++this.#serial).padStart(4, '0'),
      subject: `CN=${commonName}`,
      issuer: this.root.cert.subject,
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + days * day),
      publicKey: keys.publicKey,
      signingKey: this.root.keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth] as x509.ExtendedKeyUsageType[]),
        new x509.SubjectAlternativeNameExtension([
          ...(names.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
          ...(names.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
        ]),
      ],
    })
    return { cert: cert.toString('pem'), key: await pemOfKey(keys) }
  }

  async identity(commonName: string): Promise<TlsIdentity> {
    const { cert, key } = await this.leaf(commonName)
    return { ca: this.ca, cert, key }
  }
}
