import type { CallOptions } from '../client/http.js'
import type { KubernetesClient } from '../client/kubernetes.js'
import { type Dial, reasonOf } from '../client/transport.js'
import { metallbNamespace } from '../render/metallb.js'
import { probeNamespace } from '../render/probe.js'
import { webName } from '../render/web.js'
import type { WebAnswer } from './live.js'

/** One GET as a stranger on the machines' network makes it; gives the body. */
const fetchFrom = async (dial: Dial, host: string, { deadlineMs = 2000, signal }: CallOptions): Promise<string> => {
  const socket = await dial(host, 80, { timeoutMs: deadlineMs, ...(signal ? { signal } : {}) })
  const late = setTimeout(() => socket.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  try {
    let text = ''
    const whole = new Promise<void>((resolve, reject) => {
      // The end of the answer, not of the connection: what lies between may keep that open a little longer.
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? Number.NaN)
        const at = text.indexOf('\r\n\r\n')
        if (at !== -1 && text.length >= at + 4 + length) resolve()
      })
      socket.once('end', resolve)
      socket.once('close', resolve)
      socket.once('error', reject)
    })
    // A connection may come paused, as one that a lab hands out does.
    socket.resume()
    socket.write(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`)
    await whole
    const [head = '', body = ''] = text.split('\r\n\r\n')
    if (!/^HTTP\/1\.\d 200/.test(head)) throw new Error(head.split('\r\n')[0] || 'the connection was closed without an answer')
    return body.trim()
  } finally {
    clearTimeout(late)
    socket.destroy()
  }
}

interface Announcement {
  metadata: { creationTimestamp?: string }
  status?: { node?: string; serviceName?: string; serviceNamespace?: string }
}

/** Which node says that it announces the Service; a record of a node that died stays until its speaker is back, so the newest counts. */
const announcerOf = (items: readonly unknown[]): string | undefined =>
  (items as Announcement[])
    .filter(({ status }) => status?.serviceName === webName && status.serviceNamespace === probeNamespace)
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))[0]?.status?.node

/** Asks the web server of the pool from outside, at the address that its Service was given. Throws when the Service cannot be read. */
export const askWeb = async (client: KubernetesClient, dial: Dial, options: CallOptions): Promise<WebAnswer> => {
  const service = await client.find(`/api/v1/namespaces/${probeNamespace}/services/${webName}`, options)
  if (!service) return { ok: false, detail: 'its Service is not declared' }
  const status = service.status as { loadBalancer?: { ingress?: { ip?: string }[] } } | undefined
  const address = status?.loadBalancer?.ingress?.[0]?.ip
  if (!address) return { ok: false, detail: 'no address of the pool was handed out yet' }
  const said = await client
    .list(`/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}/servicel2statuses`, options)
    .catch(() => ({ items: [] as unknown[] }))
  const announcer = announcerOf(said.items)
  const head = { address, ...(announcer ? { announcer } : {}) }
  try {
    const body = await fetchFrom(dial, address, options)
    return { ...head, ok: body.startsWith(`${webName}-`), detail: body.slice(0, 100) }
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    return { ...head, ok: false, detail: reasonOf(error) }
  }
}
