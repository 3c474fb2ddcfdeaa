import type { HttpClient } from './http.js'
import { ApiError, apiErrorOf } from './kubernetes-error.js'
import type { KubernetesObject, WatchEvent } from './kubernetes-object.js'
import { linesOf } from './lines.js'

export interface WatchOptions {
  /** Start after this version; absent = now, with the present objects first. */
  resourceVersion?: string
  labelSelector?: string
  fieldSelector?: string
  /** The server ends the watch after this long; default: the server's own 30 to 60 minutes. */
  timeoutMs?: number
  /** Deadline of connecting and of the headers; default 5,000. */
  deadlineMs?: number
  /** Throw when nothing at all came for this long; bookmarks come about every minute. Absent = wait for ever. */
  idleMs?: number
  signal?: AbortSignal
}

/**
 * Changes of a collection as they come. Ends when the server ends it. Throws ApiError with status 410 and reason Expired when the
 * version is too old (list again then), and TransportFault when the connection broke.
 */
export async function* watchObjects<T = KubernetesObject>(
  http: HttpClient,
  path: string,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const query = new URLSearchParams({ watch: '1', allowWatchBookmarks: 'true' })
  if (options.resourceVersion) query.set('resourceVersion', options.resourceVersion)
  if (options.labelSelector) query.set('labelSelector', options.labelSelector)
  if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector)
  if (options.timeoutMs) query.set('timeoutSeconds', String(Math.max(1, Math.round(options.timeoutMs / 1000))))
  const stream = await http.stream({
    method: 'GET',
    path: `${path}?${query}`,
    headers: { accept: 'application/json' },
    ...(options.deadlineMs ? { deadlineMs: options.deadlineMs } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  })
  const lines = linesOf(stream.chunks(options.idleMs ? { idleMs: options.idleMs } : {}))
  if (stream.status !== 200) {
    let text = ''
    for await (const line of lines) text += line
    throw apiErrorOf(stream.status, text, http.endpoint, `watch ${path}`)
  }
  for await (const line of lines) {
    const event = JSON.parse(line) as { type: string; object: T & { code?: number; reason?: string; message?: string } }
    if (event.type === 'ERROR') {
      const { code = 500, reason = 'Unknown', message = '' } = event.object
      throw new ApiError(code, reason, message, http.endpoint, `watch ${path}`)
    }
    yield event as WatchEvent<T>
  }
}
