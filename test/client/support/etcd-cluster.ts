import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EtcdClient } from '../../../src/client/etcd.js'
import { endChild } from '../../end-child.js'
import { TestAuthority } from './certificates.js'
import { loopbackDial } from './dial.js'

/** The etcd program of the bundle; tests that need it are skipped, and say so, where it is not named. */
export const etcdBinary = (): string | undefined => {
  const path = process.env.QUORATE_ETCD_BINARY
  if (path && existsSync(path)) return path
  console.warn('SKIPPED: tests against a real etcd need QUORATE_ETCD_BINARY=/path/to/etcd, built by `quorate bundle build`')
  return undefined
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

interface Member {
  name: string
  clientPort: number
  peerUrl: string
  process: ChildProcess
}

/** Real members on loopback with mutual TLS, in a directory of their own; `stop` leaves nothing. */
export class EtcdCluster {
  readonly members: Member[] = []
  readonly clients: EtcdClient[] = []
  private constructor(
    readonly directory: string,
    readonly authority: TestAuthority,
  ) {}

  static async start(binary: string, count: number, flags: readonly string[] = []): Promise<EtcdCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-etcd-'))
    const authority = await TestAuthority.make()
    const it = new EtcdCluster(directory, authority)
    const server = await authority.leaf('etcd', { dns: ['localhost'], ip: ['127.0.0.1'] })
    const files = { ca: join(directory, 'ca.crt'), cert: join(directory, 'server.crt'), key: join(directory, 'server.key') }
    await writeFile(files.ca, authority.ca)
    await writeFile(files.cert, server.cert)
    await writeFile(files.key, server.key, { mode: 0o600 })
    const ports = await Promise.all(Array.from({ length: count * 2 }, freePort))
    const names = Array.from({ length: count }, (_, i) => ({ name: `m${i + 1}`, client: ports[2 * i] ?? 0, peer: ports[2 * i + 1] ?? 0 }))
    const initial = names.map((m) => `${m.name}=https://127.0.0.1:${m.peer}`).join(',')
    const identity = await authority.identity('tester')
    for (const m of names) {
      const clientUrl = `https://127.0.0.1:${m.client}`
      const peerUrl = `https://127.0.0.1:${m.peer}`
      const args = [
        ...['--name', m.name, '--data-dir', join(directory, m.name), '--initial-cluster', initial, '--initial-cluster-state', 'new'],
        ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
        ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
        ...['--client-cert-auth', '--trusted-ca-file', files.ca, '--cert-file', files.cert, '--key-file', files.key],
        ...['--peer-client-cert-auth', '--peer-trusted-ca-file', files.ca, '--peer-cert-file', files.cert, '--peer-key-file', files.key],
        ...['--heartbeat-interval', '50', '--election-timeout', '500', '--log-level', 'error', ...flags],
      ]
      const process = spawn(binary, args, { stdio: ['ignore', 'ignore', 'ignore'] })
      it.members.push({ name: m.name, clientPort: m.client, peerUrl, process })
      it.clients.push(new EtcdClient({ host: '127.0.0.1', port: m.client, tls: identity, dial: loopbackDial() }))
    }
    const limit = Date.now() + 15_000
    for (;;) {
      const states = await Promise.all(it.clients.map((c) => c.status({ deadlineMs: 1000 }).catch(() => undefined)))
      if (states.every((s) => s && s.leaderId !== '0')) return it
      if (Date.now() > limit) {
        await it.stop()
        throw new Error('etcd did not start')
      }
      await new Promise((done) => setTimeout(done, 100))
    }
  }

  client(index: number): EtcdClient {
    const client = this.clients[index]
    if (!client) throw new Error(`no member ${index}`)
    return client
  }

  async kill(index: number): Promise<void> {
    const { process } = this.members[index] ?? {}
    if (process) await endChild(process)
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close()
    await Promise.all(this.members.map((_, index) => this.kill(index)))
    await rm(this.directory, { recursive: true, force: true })
  }
}
