import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { KubernetesClient } from '../../../src/client/kubernetes.js'
import { loopbackDial } from '../../client/support/dial.js'
import type { EtcdCluster } from '../../client/support/etcd-cluster.js'
import { endChild } from '../../end-child.js'

export const apiServerBinary = (): string | undefined => {
  const path = process.env.QUORATE_APISERVER_BINARY
  if (path && existsSync(path)) return path
  console.warn('SKIPPED: tests against a real API server need QUORATE_APISERVER_BINARY=/path/to/kube-apiserver')
  return undefined
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })

/** One real kube-apiserver on loopback over a given etcd; its files lie in the directory of that. */
export class ApiServer {
  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
    readonly client: KubernetesClient,
    private readonly store: EtcdCluster,
  ) {}

  static async start(binary: string, store: EtcdCluster): Promise<ApiServer> {
    const { authority, directory } = store
    const port = await freePort()
    const leaf = await authority.leaf('kube-apiserver', { dns: ['kubernetes'], ip: ['127.0.0.1'] })
    const account = await authority.leaf('service accounts')
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory, name), text, { mode: 0o600 })
      return join(directory, name)
    }
    const cert = await file('api.crt', leaf.cert)
    const key = await file('api.key', leaf.key)
    const ca = join(directory, 'ca.crt')
    const flags = {
      'etcd-servers': store.members.map((member) => `https://127.0.0.1:${member.clientPort}`).join(','),
      'etcd-cafile': ca,
      'etcd-certfile': cert,
      'etcd-keyfile': key,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'tls-cert-file': cert,
      'tls-private-key-file': key,
      'client-ca-file': ca,
      'service-account-issuer': 'https://kubernetes.default',
      'service-account-key-file': await file('sa.crt', account.cert),
      'service-account-signing-key-file': await file('sa.key', account.key),
      'service-cluster-ip-range': '10.96.0.0/16',
      'authorization-mode': 'AlwaysAllow',
      'cert-dir': directory,
    }
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const server = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    server.stderr?.on('data', (part: Buffer) => {
      log = (log + part).slice(-3000)
    })
    const tls = await authority.identity('admin')
    const client = new KubernetesClient({ host: '127.0.0.1', port, tls, dial: loopbackDial(), deadlineMs: 10_000 })
    const it = new ApiServer(server, port, client, store)
    const limit = Date.now() + 120_000
    while (!(await client.readyz().catch(() => undefined))?.ready) {
      if (Date.now() > limit || server.exitCode !== null) {
        await it.stop()
        throw new Error(`the API server did not become ready: ${log}`)
      }
      await new Promise((done) => setTimeout(done, 200))
    }
    return it
  }

  /** A kubeconfig for this server, reached through `port`. */
  async kubeconfig(name: string, port = this.port): Promise<string> {
    const { authority, directory } = this.store
    const { cert, key } = await authority.leaf(name)
    const data = (text: string) => Buffer.from(text).toString('base64')
    const path = join(directory, `${name}.kubeconfig`)
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': data(authority.ca) } }],
      users: [{ name: 'u', user: { 'client-certificate-data': data(cert), 'client-key-data': data(key) } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'default' } }],
      'current-context': 'x',
    }
    await writeFile(path, JSON.stringify(config), { mode: 0o600 })
    return path
  }

  async stop(): Promise<void> {
    this.client.close()
    await endChild(this.process)
  }
}
