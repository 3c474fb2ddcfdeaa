import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KubernetesClient } from '../../src/client/kubernetes.js'
import { endChild } from '../end-child.js'
import { loopbackDial } from './support/dial.js'
import { EtcdCluster, etcdBinary } from './support/etcd-cluster.js'

const etcd = etcdBinary()
const apiServer = process.env.QUORATE_APISERVER_BINARY
const ready = etcd !== undefined && apiServer !== undefined && existsSync(apiServer)
if (!ready) console.warn('SKIPPED: tests against a real API server need QUORATE_APISERVER_BINARY and QUORATE_ETCD_BINARY')

describe.skipIf(!ready)('a real API server', () => {
  let store: EtcdCluster
  let server: ChildProcess
  let client: KubernetesClient

  beforeAll(async () => {
    store = await EtcdCluster.start(etcd ?? '', 1)
    const { authority, directory } = store
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const found = (probe.address() as { port: number }).port
        probe.close(() => resolve(found))
      })
    })
    const leaf = await authority.leaf('kube-apiserver', { dns: ['kubernetes'], ip: ['127.0.0.1'] })
    const account = await authority.leaf('service accounts')
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory, name), text, { mode: 0o600 })
      return join(directory, name)
    }
    const cert = await file('api.crt', leaf.cert)
    const key = await file('api.key', leaf.key)
    const ca = join(directory, 'ca.crt')
    server = spawn(
      apiServer ?? '',
      [
        ...[
          '--etcd-servers',
          `https://127.0.0.1:${store.members[0]?.clientPort}`,
          '--etcd-cafile',
          ca,
          '--etcd-certfile',
          cert,
          '--etcd-keyfile',
          key,
        ],
        ...[
          '--bind-address',
          '127.0.0.1',
          '--secure-port',
          String(port),
          '--tls-cert-file',
          cert,
          '--tls-private-key-file',
          key,
          '--client-ca-file',
          ca,
        ],
        ...['--service-account-issuer', 'https://kubernetes.default', '--service-account-key-file', await file('sa.crt', account.cert)],
        ...['--service-account-signing-key-file', await file('sa.key', account.key), '--service-cluster-ip-range', '10.96.0.0/16'],
        ...['--authorization-mode', 'AlwaysAllow', '--cert-dir', directory],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let log = ''
    server.stderr?.on('data', (part: Buffer) => {
      log = (log + part).slice(-3000)
    })
    client = new KubernetesClient({
      host: '127.0.0.1',
      port,
      tls: await authority.identity('admin'),
      dial: loopbackDial(),
      deadlineMs: 10_000,
    })
    const limit = Date.now() + 60_000
    while (!(await client.readyz().catch(() => undefined))?.ready) {
      if (Date.now() > limit || server.exitCode !== null) throw new Error(`the API server did not become ready: ${log}`)
      await new Promise((done) => setTimeout(done, 200))
    }
  }, 90_000)

  afterAll(async () => {
    client?.close()
    if (server) await endChild(server)
    await store?.stop()
  })

  it('applies the same object twice without a change', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace: 'default' }, data: { a: '1' } }
    const first = await client.apply(object)
    const second = await client.apply(object)
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const third = await client.apply({ ...object, data: { b: '2' } })
    expect(third.data).toEqual({ b: '2' })
  })

  it('creates, refuses to create again, patches and deletes', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made', namespace: 'default' }, data: { a: '1' } }
    const path = await client.pathOf(object)
    await client.create(object)
    await expect(client.create(object)).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists' })
    expect((await client.patch(path, { data: { b: '2' } })).data).toEqual({ a: '1', b: '2' })
    expect((await client.patch(path, [{ op: 'remove', path: '/data/a' }], { type: 'json' })).data).toEqual({ b: '2' })
    expect(await client.delete(path)).toBe(true)
    expect(await client.find(path)).toBeUndefined()
  })

  it('watches changes from a list on', async () => {
    const path = '/api/v1/namespaces/default/configmaps'
    const { metadata } = await client.list(path)
    const stop = new AbortController()
    const events: string[] = []
    const watching = (async () => {
      for await (const event of client.watch(path, {
        ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
        signal: stop.signal,
      })) {
        if (event.type !== 'BOOKMARK') events.push(`${event.type} ${event.object.metadata.name}`)
        if (events.length === 2) return
      }
    })()
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen', namespace: 'default' } })
    await client.delete(`${path}/seen`)
    await watching
    expect(events).toEqual(['ADDED seen', 'DELETED seen'])
  })

  it('tells its version and finds kinds by itself', async () => {
    expect(await client.version()).toMatch(/^v1\./)
    expect(await client.pathOf({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'a' } })).toBe(
      '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/a',
    )
    expect(client.peerCertificate?.subject.CN).toBe('kube-apiserver')
  })

  it('is not ready without etcd, and says so', async () => {
    await store.kill(0)
    await expect.poll(async () => (await client.readyz({ deadlineMs: 8000 })).failed, { timeout: 20_000 }).toContain('etcd')
  }, 30_000)
})
