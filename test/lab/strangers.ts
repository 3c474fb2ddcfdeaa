import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestAuthority } from '../client/support/certificates.js'

/** Programs of others on a lab's network: they live in its namespace and end with it. */
const inside = (namespace: string, log: string, argv: readonly string[]): void => {
  const out = openSync(log, 'a')
  spawn('nsenter', [`--net=/run/netns/${namespace}`, ...argv], { detached: true, stdio: ['ignore', out, out] }).unref()
}

const giveAddress = (namespace: string, address: string): void => {
  execFileSync('ip', ['-n', namespace, 'address', 'add', `${address}/32`, 'dev', 'br0'])
}

/** A balancer in front of these API servers, at an address of its own. */
export const startBalancer = (namespace: string, log: string, address: string, servers: readonly string[]): void => {
  giveAddress(namespace, address)
  inside(namespace, log, [process.execPath, fileURLToPath(new URL('./balancer-child.mjs', import.meta.url)), address, ...servers])
}

export interface UserEtcd {
  caFile: string
  certFile: string
  keyFile: string
  start(namespace: string): void
}

/** Three members with certificates of their own authority; the files for clients are in `dir`. They are started once their network is there. */
export const userEtcd = async (dir: string, binary: string, addresses: readonly string[]): Promise<UserEtcd> => {
  mkdirSync(dir, { recursive: true })
  const authority = await TestAuthority.make()
  const server = await authority.leaf('etcd', { dns: ['localhost'], ip: [...addresses, '127.0.0.1'] })
  const client = await authority.leaf('a cluster')
  const file = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content, { mode: 0o600 })
    return join(dir, name)
  }
  const [ca, cert, key] = [file('ca.crt', authority.ca), file('server.crt', server.cert), file('server.key', server.key)]
  const list = addresses.map((a, i) => `e${i}=https://${a}:2380`).join(',')
  return {
    caFile: ca,
    certFile: file('client.crt', client.cert),
    keyFile: file('client.key', client.key),
    start: (namespace) => {
      for (const [i, address] of addresses.entries()) {
        giveAddress(namespace, address)
        const [own, peer] = [`https://${address}:2379`, `https://${address}:2380`]
        inside(namespace, join(dir, `e${i}.log`), [
          ...[binary, '--name', `e${i}`, '--data-dir', join(dir, `e${i}`), '--initial-cluster', list, '--initial-cluster-token', dir],
          ...[
            '--listen-client-urls',
            own,
            '--advertise-client-urls',
            own,
            '--listen-peer-urls',
            peer,
            '--initial-advertise-peer-urls',
            peer,
          ],
          ...['--client-cert-auth', '--trusted-ca-file', ca, '--cert-file', cert, '--key-file', key],
          ...['--peer-client-cert-auth', '--peer-trusted-ca-file', ca, '--peer-cert-file', cert, '--peer-key-file', key],
        ])
      }
    },
  }
}
