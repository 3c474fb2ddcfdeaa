import { constants, createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { FinalState } from '../../../src/history/types.js'
import { TestAuthority } from '../../client/support/certificates.js'

interface Stored {
  metadata: { name: string; labels?: Record<string, string>; resourceVersion: string; generation?: number }
  data?: { v: string }
  status?: unknown
}

/** ok: as it should. 500: every answer is one. after-headers: the body never comes. mute: no answer. late: 300 ms late. no-namespace: nothing can be made. */
export type ApiMode = 'ok' | '500' | 'after-headers' | 'mute' | 'late' | 'no-namespace'

/** What the prober asks of an API server, on loopback, over TLS and both HTTP versions: ConfigMaps with revisions, lists, watches. */
export class TestApi {
  mode: ApiMode = 'ok'
  revision = 100
  /** Applies a write and then says nothing: the outcome that nobody can know. */
  swallow = 0
  /** Refuses so many HTTP/2 streams without looking at them. */
  refuse = 0
  readonly #objects = new Map<string, Stored>()
  readonly #log: { type: string; object: Stored }[] = []
  readonly #watchers = new Set<{ set: string; write: (line: string) => void }>()
  #server: Http2SecureServer | undefined
  port = 0
  tls = { ca: '', cert: '', key: '' }

  async start(): Promise<void> {
    const authority = await TestAuthority.make()
    const [server, client] = [await authority.leaf('api', { dns: ['kubernetes'], ip: ['127.0.0.1'] }), await authority.leaf('admin')]
    this.tls = { ca: authority.ca, cert: client.cert, key: client.key }
    const options = { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true, allowHTTP1: true }
    const it = createSecureServer(options, (request, response) => void this.#serve(request, response))
    it.on('sessionError', () => undefined)
    it.on('error', () => undefined)
    this.#server = it
    await new Promise<void>((resolve) => it.listen(0, '127.0.0.1', () => resolve()))
    this.port = (it.address() as { port: number }).port
  }

  stop(): void {
    this.#server?.close()
  }

  /** Makes an object of a set, without a request. The revision of that. */
  make(set: string, name: string): number {
    const object = { metadata: { name, labels: { 'quorate.dev/set': set } }, data: { v: name } }
    this.#answer('POST', new URL('https://kubernetes/api/v1/namespaces/drill/configmaps'), JSON.stringify(object))
    return this.revision
  }

  final(set: string): FinalState {
    const own = [...this.#objects.values()].filter((one) => one.metadata.labels?.['quorate.dev/set'] === set)
    const items = own.map((one) => [one.metadata.name, { value: one.data?.v ?? '', revision: Number(one.metadata.resourceVersion) }])
    return { source: 'api', revision: this.revision, items: Object.fromEntries(items) }
  }

  async #serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (this.refuse > 0 && request.httpVersion === '2.0') {
      this.refuse--
      request.stream.close(constants.NGHTTP2_REFUSED_STREAM)
      return
    }
    let body = ''
    for await (const part of request as AsyncIterable<Buffer>) body += part.toString('utf8')
    if (this.mode === 'mute') return
    if (this.mode === 'late') await new Promise((resolve) => setTimeout(resolve, 300))
    const url = new URL(request.url ?? '/', 'https://kubernetes')
    if (this.mode === '500') return this.#say(response, 500, { reason: 'InternalError' })
    if (this.mode === 'after-headers') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{')
      return
    }
    if (url.searchParams.get('watch')) return this.#watch(request, response, url)
    if (this.mode === 'no-namespace' && request.method === 'POST') {
      this.#say(response, 404, { reason: 'NotFound' })
      return
    }
    const [status, answer] = this.#answer(request.method ?? 'GET', url, body)
    if (this.swallow > 0 && request.method !== 'GET') {
      this.swallow--
      return
    }
    this.#say(response, status, answer)
  }

  #say(response: Http2ServerResponse, status: number, answer: unknown): void {
    if (response.writableEnded || response.destroyed) return
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  }

  #answer(method: string, url: URL, body: string): [number, unknown] {
    const [, collection = '', name] = /\/(configmaps|replicasets|pods)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (collection === '') return [200, { kind: 'Namespace', metadata: { name: 'default' } }]
    const at = `${collection}/${name ?? ''}`
    if (method === 'GET' && name === undefined) {
      const set = url.searchParams.get('labelSelector')?.split('=')[1] ?? ''
      const own = [...this.#objects.values()].filter((one) => one.metadata.labels?.['quorate.dev/set'] === set)
      return [200, { metadata: { resourceVersion: String(this.revision) }, items: own }]
    }
    if (method === 'GET') return this.#objects.has(at) ? [200, this.#objects.get(at)] : [404, { reason: 'NotFound' }]
    const given = (body ? JSON.parse(body) : {}) as Stored
    const key = method === 'POST' ? `${collection}/${given.metadata.name}` : at
    const known = this.#objects.get(key)
    if (method === 'POST' && known) return [409, { reason: 'AlreadyExists' }]
    if (method !== 'POST' && !known) return [404, { reason: 'NotFound' }]
    const expected = given.metadata?.resourceVersion
    if (method === 'PUT' && expected !== undefined && expected !== known?.metadata.resourceVersion) return [409, { reason: 'Conflict' }]
    const resourceVersion = String(++this.revision)
    if (method === 'DELETE') {
      this.#objects.delete(key)
      if (known) this.#tell(collection, 'DELETED', { ...known, metadata: { ...known.metadata, resourceVersion } })
      return [200, { status: 'Success' }]
    }
    const generation = (known?.metadata.generation ?? 0) + 1
    const metadata = { ...known?.metadata, ...given.metadata, resourceVersion, generation }
    const status = { observedGeneration: generation, conditions: [{ type: 'PodScheduled' }] }
    const object = { ...known, ...given, metadata: metadata as Stored['metadata'], ...(collection === 'configmaps' ? {} : { status }) }
    this.#objects.set(key, object)
    this.#tell(collection, known ? 'MODIFIED' : 'ADDED', object)
    return [method === 'POST' ? 201 : 200, object]
  }

  #tell(collection: string, type: string, object: Stored): void {
    if (collection !== 'configmaps') return
    this.#log.push({ type, object })
    for (const one of this.#watchers)
      if (one.set === object.metadata.labels?.['quorate.dev/set']) one.write(`${JSON.stringify({ type, object })}\n`)
  }

  #watch(request: Http2ServerRequest, response: Http2ServerResponse, url: URL): void {
    const set = url.searchParams.get('labelSelector')?.split('=')[1] ?? ''
    const from = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    const one = { set, write: (line: string) => void response.write(line) }
    for (const event of this.#log)
      if (Number(event.object.metadata.resourceVersion) > from && event.object.metadata.labels?.['quorate.dev/set'] === set)
        one.write(`${JSON.stringify(event)}\n`)
    this.#watchers.add(one)
    const gone = (): boolean => this.#watchers.delete(one)
    request.on('close', gone)
    response.on('close', gone)
    request.stream?.on('close', gone)
  }
}
