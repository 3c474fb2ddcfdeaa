import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiError, KubernetesClient } from '../../src/client/kubernetes.js'
import { TestAuthority } from './support/certificates.js'
import { loopbackDial } from './support/dial.js'

let server: Server
let client: KubernetesClient
const seen: { method?: string; url?: string; type?: string; body: string }[] = []

const status = (code: number, reason: string) =>
  JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message: `${reason} it is` })

beforeAll(async () => {
  const authority = await TestAuthority.make()
  const leaf = await authority.leaf('kube-apiserver', { dns: ['kubernetes'] })
  server = createServer({ ...leaf, ca: authority.ca, requestCert: true }, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://x')
      seen.push({
        ...(request.method ? { method: request.method } : {}),
        ...(request.url ? { url: request.url } : {}),
        ...(request.headers['content-type'] ? { type: request.headers['content-type'] } : {}),
        body: Buffer.concat(parts).toString(),
      })
      const reply = (code: number, body: string) => {
        response.writeHead(code, { 'content-type': 'application/json' })
        response.end(body)
      }
      if (pathname === '/readyz')
        return reply(
          500,
          '[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\nreadyz check failed\n',
        )
      if (pathname === '/apis/example.com/v1')
        return reply(
          200,
          JSON.stringify({
            resources: [
              { name: 'wheels/status', kind: 'Wheel' },
              { name: 'wheels', kind: 'Wheel', namespaced: true },
            ],
          }),
        )
      if (pathname.includes('absent')) return reply(404, status(404, 'NotFound'))
      if (pathname.includes('overloaded')) return reply(503, 'upstream connect error')
      if (searchParams.get('watch')) {
        response.writeHead(200)
        for (const type of ['ADDED', 'MODIFIED', 'BOOKMARK'])
          response.write(`${JSON.stringify({ type, object: { metadata: { name: 'a', resourceVersion: '7' } } })}\n`)
        if (pathname.includes('old')) response.write(`${JSON.stringify({ type: 'ERROR', object: JSON.parse(status(410, 'Expired')) })}\n`)
        response.end()
        return
      }
      reply(200, JSON.stringify({ items: [], metadata: {} }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  client = new KubernetesClient({ host: '127.0.0.1', port, tls: await authority.identity('admin'), dial: loopbackDial(), deadlineMs: 2000 })
})
afterAll(() => {
  client.close()
  server.closeAllConnections()
  server.close()
})

describe('paths', () => {
  const meta = { name: 'n' }
  it.each([
    [{ apiVersion: 'v1', kind: 'Node', metadata: meta }, '/api/v1/nodes/n'],
    [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...meta, namespace: 'kube-system' } },
      '/api/v1/namespaces/kube-system/configmaps/n',
    ],
    [{ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { ...meta, namespace: 'a' } }, '/apis/apps/v1/namespaces/a/daemonsets/n'],
    [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'system:a' } },
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa',
    ],
    [{ apiVersion: 'v1', kind: 'Pod', metadata: meta }, '/api/v1/namespaces/default/pods/n'],
  ])('of %o', async (object, path) => {
    expect(await client.pathOf(object)).toBe(path)
  })

  it('of a kind that only the server knows, asked once', async () => {
    const wheel = { apiVersion: 'example.com/v1', kind: 'Wheel', metadata: { name: 'n', namespace: 'a' } }
    seen.length = 0
    expect(await client.pathOf(wheel)).toBe('/apis/example.com/v1/namespaces/a/wheels/n')
    expect(await client.pathOf(wheel)).toBe('/apis/example.com/v1/namespaces/a/wheels/n')
    expect(seen).toHaveLength(1)
    await expect(client.pathOf({ ...wheel, kind: 'Axle' })).rejects.toMatchObject({ status: 404 })
  })
})

it('applies with its own field manager, by force, without fields that the server owns', async () => {
  seen.length = 0
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', resourceVersion: '3', managedFields: [] } })
  expect(seen[0]).toMatchObject({
    method: 'PATCH',
    url: '/api/v1/namespaces/a?fieldManager=quorate&force=true',
    type: 'application/apply-patch+yaml',
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }),
  })
})

it('patches in each of the three ways', async () => {
  seen.length = 0
  await client.patch('/api/v1/nodes/a', { a: 1 })
  await client.patch('/api/v1/nodes/a', { a: 1 }, { type: 'strategic' })
  await client.patch('/api/v1/nodes/a', [], { type: 'json' })
  expect(seen.map((one) => one.type)).toEqual([
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/json-patch+json',
  ])
})

it('names the failed checks of a server that is not ready', async () => {
  expect(await client.readyz()).toMatchObject({ ready: false, failed: ['etcd', 'poststarthook/rbac/bootstrap-roles'] })
})

it('tells refusals apart from absence', async () => {
  expect(await client.find('/api/v1/absent')).toBeUndefined()
  expect(await client.delete('/api/v1/absent')).toBe(false)
  await expect(client.get('/api/v1/absent')).rejects.toMatchObject({
    status: 404,
    reason: 'NotFound',
    text: 'NotFound it is',
    problem: { code: 'Q7510' },
  })
  const overloaded = await client.find('/api/v1/overloaded').catch((error: unknown) => error)
  expect(overloaded).toBeInstanceOf(ApiError)
  expect(overloaded).toMatchObject({ status: 503, text: 'upstream connect error' })
})

it('watches, and throws what the stream itself reports', async () => {
  const types: string[] = []
  for await (const event of client.watch('/api/v1/pods')) types.push(event.type)
  expect(types).toEqual(['ADDED', 'MODIFIED', 'BOOKMARK'])
  const old = async () => {
    for await (const _ of client.watch('/api/v1/old', { resourceVersion: '1' })) {
      // Only the end matters.
    }
  }
  await expect(old()).rejects.toMatchObject({ status: 410, reason: 'Expired' })
})
