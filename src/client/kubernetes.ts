import type { PeerCertificate } from 'node:tls'
import { type CallOptions, type HttpAnswer, HttpClient } from './http.js'
import { ApiError, apiErrorOf, jsonOf } from './kubernetes-error.js'
import {
  collectionPath,
  groupPath,
  type KubernetesList,
  type KubernetesObject,
  knownResource,
  type Resource,
  type WatchEvent,
} from './kubernetes-object.js'
import { type WatchOptions, watchObjects } from './kubernetes-watch.js'
import type { Dial, TlsIdentity } from './transport.js'

export interface KubernetesTarget {
  host: string
  port: number
  tls: TlsIdentity
  /** Name that the certificate must carry. Default `kubernetes`, which every API server of ours has, so any address will do. */
  serverName?: string
  dial: Dial
  /** Deadline of each call unless it brings its own; default 5,000. */
  deadlineMs?: number
}

export interface ListOptions extends CallOptions {
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  /** '0' = any version the server has at hand, cheap and possibly old; absent = the newest. */
  resourceVersion?: string
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const

const fieldManager = 'quorate'

/**
 * One API server, one endpoint, a deadline on every call. Throws ApiError (Q7510: the server refused, with status and reason) or
 * TransportFault (Q7501 to Q7505: no whole answer, with phase).
 */
export class KubernetesClient {
  readonly #http: HttpClient
  readonly #discovered = new Map<string, Resource>()
  readonly host: string
  readonly port: number
  readonly endpoint: string

  constructor(target: KubernetesTarget) {
    const { host, port, tls, dial, serverName = 'kubernetes' } = target
    this.#http = new HttpClient({ host, port, tls, dial, serverName }, target.deadlineMs)
    this.host = host
    this.port = port
    this.endpoint = this.#http.endpoint
  }

  /** The certificate that this API server showed on its latest connection. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#http.peerCertificate
  }

  close(): void {
    this.#http.close()
  }

  /** Any path; the answer is given whatever its status. */
  raw(
    method: string,
    path: string,
    options: CallOptions & { body?: unknown; headers?: Record<string, string>; repeatable?: boolean } = {},
  ): Promise<HttpAnswer> {
    return this.#http.request({ method, path, ...options, headers: { accept: 'application/json', ...options.headers } })
  }

  async #json<T>(
    method: string,
    path: string,
    options: CallOptions & { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<T> {
    return jsonOf<T>(await this.raw(method, path, options), this.endpoint, `${method} ${path.split('?')[0]}`)
  }

  get<T = KubernetesObject>(path: string, options?: CallOptions): Promise<T> {
    return this.#json<T>('GET', path, options)
  }

  /** Like get, but undefined where there is no such object. */
  async find<T = KubernetesObject>(path: string, options?: CallOptions): Promise<T | undefined> {
    try {
      return await this.get<T>(path, options)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
  }

  list<T = KubernetesObject>(path: string, options: ListOptions = {}): Promise<KubernetesList<T>> {
    const query = new URLSearchParams()
    if (options.labelSelector) query.set('labelSelector', options.labelSelector)
    if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector)
    if (options.limit) query.set('limit', String(options.limit))
    if (options.resourceVersion) query.set('resourceVersion', options.resourceVersion)
    return this.#json('GET', query.size > 0 ? `${path}?${query}` : path, options)
  }

  async create(object: KubernetesObject, options?: CallOptions): Promise<KubernetesObject> {
    return await this.#json('POST', await this.#collection(object, options), { ...options, body: object })
  }

  patch<T = KubernetesObject>(path: string, body: unknown, options: CallOptions & { type?: keyof typeof patchTypes } = {}): Promise<T> {
    return this.#json<T>('PATCH', `${path}${path.includes('?') ? '&' : '?'}fieldManager=${fieldManager}`, {
      ...options,
      body,
      headers: { 'content-type': patchTypes[options.type ?? 'merge'] },
    })
  }

  /** Server-side apply as field manager `quorate`; the same object again changes nothing. Takes fields over from others unless `force` is false. */
  async apply(object: KubernetesObject, options: CallOptions & { force?: boolean } = {}): Promise<KubernetesObject> {
    const path = await this.pathOf(object, options)
    const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata
    return await this.#json('PATCH', `${path}?fieldManager=${fieldManager}&force=${options.force !== false}`, {
      ...options,
      // JSON is YAML; the server knows apply by this media type.
      body: JSON.stringify({ ...object, metadata }),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
  }

  /** False when there was nothing to delete. */
  async delete(
    path: string,
    options: CallOptions & { graceMs?: number; propagation?: 'Foreground' | 'Background' | 'Orphan' } = {},
  ): Promise<boolean> {
    const answer = await this.raw('DELETE', path, {
      ...options,
      body: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: options.propagation ?? 'Background',
        ...(options.graceMs === undefined ? {} : { gracePeriodSeconds: Math.ceil(options.graceMs / 1000) }),
      },
    })
    if (answer.status === 404) return false
    if (answer.status > 299) throw apiErrorOf(answer.status, answer.body.toString('utf8'), this.endpoint, `DELETE ${path}`)
    return true
  }

  watch<T = KubernetesObject>(path: string, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    return watchObjects<T>(this.#http, path, options)
  }

  /**
   * This server's own word. `failed` names the checks that did not pass. `fresh` keeps no connection, so a client that only asks
   * this way asks as a newcomer each time. Throws TransportFault when the server says nothing.
   */
  async readyz(
    options: CallOptions & { verbose?: boolean; fresh?: boolean } = {},
  ): Promise<{ ready: boolean; failed: string[]; ms: number }> {
    const { verbose = false, fresh = false, ...call } = options
    const answer = await this.raw('GET', verbose ? '/readyz?verbose' : '/readyz', {
      ...call,
      ...(fresh ? { headers: { connection: 'close' } } : {}),
    })
    if (answer.status === 200) return { ready: true, failed: [], ms: answer.ms }
    const text = answer.body.toString('utf8')
    // A failing /readyz lists its checks without being asked to be verbose: "[-]etcd failed: reason withheld".
    const failed = [...text.matchAll(/^\[-\](\S+)/gm)].map((match) => match[1] ?? '')
    return { ready: false, failed: failed.length > 0 ? failed : [`HTTP ${answer.status}`], ms: answer.ms }
  }

  async version(options?: CallOptions): Promise<string> {
    return (await this.get<{ gitVersion: string }>('/version', options)).gitVersion
  }

  /** A request into a pod, carried by the API server. */
  proxyPod(pod: { namespace: string; name: string; port: number }, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.raw('GET', `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}:${pod.port}/proxy${path}`, {
      ...options,
      headers: { accept: '*/*' },
    })
  }

  proxyService(service: { namespace: string; name: string; port: number }, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.raw('GET', `/api/v1/namespaces/${service.namespace}/services/${service.name}:${service.port}/proxy${path}`, {
      ...options,
      headers: { accept: '*/*' },
    })
  }

  /** Path of one object, by its kind. */
  async pathOf(object: KubernetesObject, options?: CallOptions): Promise<string> {
    return `${await this.#collection(object, options)}/${encodeURIComponent(object.metadata.name)}`
  }

  async #collection(object: KubernetesObject, options?: CallOptions): Promise<string> {
    const resource = knownResource(object.apiVersion, object.kind) ?? (await this.#discover(object, options))
    return collectionPath(object.apiVersion, resource, object.metadata.namespace)
  }

  async #discover({ apiVersion, kind }: KubernetesObject, options?: CallOptions): Promise<Resource> {
    const id = `${apiVersion}/${kind}`
    const seen = this.#discovered.get(id)
    if (seen) return seen
    const answer = await this.get<{ resources: { name: string; kind: string; namespaced: boolean }[] }>(groupPath(apiVersion), options)
    const match = answer.resources.find((one) => one.kind === kind && !one.name.includes('/'))
    if (!match) throw new ApiError(404, 'NotFound', `the server has no kind ${kind} in ${apiVersion}`, this.endpoint, `discover ${id}`)
    const resource = { plural: match.name, namespaced: match.namespaced }
    this.#discovered.set(id, resource)
    return resource
  }
}

export { ApiError, type KubernetesList, type KubernetesObject, type WatchEvent, type WatchOptions }
