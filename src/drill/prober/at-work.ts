import { monotonicMs } from '../samples.js'
import { Failure, type Server } from './connect.js'
import type { Http2Client } from './http2.js'
import type { Ledger } from './ledger.js'
import type { Seen } from './objects.js'
import type { ClassHead } from './protocol.js'

/** Asked after so many milliseconds whether it was done; the last one is the end of patience. */
const looksMs = [40, 120, 300, 600] as const

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface AtWorkOptions {
  client: Http2Client
  server: Server
  namespace: string
  run: string
  totalMs: number
  ledger: Ledger
}

/** The API could not be asked: says nothing about the controllers. */
class Unasked extends Error {}

/**
 * Whether the controllers do their work, which a lease alone does not tell. Of the controller-manager: a ReplicaSet without replicas is
 * given a new specification, and its controller must note that it has seen it. Of the scheduler: a pod that fits no node must be found
 * unschedulable. Nothing is ever run.
 */
export class AtWork {
  #count = 0
  #made = false

  constructor(private readonly options: AtWorkOptions) {}

  async #call(method: string, path: string, body?: unknown, contentType?: string): Promise<Seen | undefined> {
    const { client, server, totalMs } = this.options
    const request = {
      method,
      path,
      host: server.serverName,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(contentType ? { contentType } : {}),
    }
    try {
      const answer = await client.call(request, monotonicMs() + totalMs)
      if (answer.status === 404 || answer.status === 409) return undefined
      if (answer.status > 299) throw new Unasked(`HTTP ${answer.status}`)
      return JSON.parse(answer.body) as Seen
    } catch (error) {
      throw new Unasked(error instanceof Failure ? error.why : (error as Error).message)
    }
  }

  async #tell(head: ClassHead, dueMs: number, job: () => Promise<boolean>): Promise<void> {
    const { ledger } = this.options
    try {
      const done = await job()
      ledger.add({ ...head, dueMs, endMs: monotonicMs(), why: done ? '' : 'not done in time' })
    } catch (error) {
      ledger.add({ ...head, dueMs, endMs: monotonicMs(), why: `not asked: ${(error as Error).message}`, noVerdict: true })
    }
  }

  async #seen(path: string, done: (object: Seen) => boolean): Promise<boolean> {
    const startMs = monotonicMs()
    for (const afterMs of looksMs) {
      await sleep(Math.max(0, startMs + afterMs - monotonicMs()))
      const object = await this.#call('GET', path)
      if (object && done(object)) return true
    }
    return false
  }

  controllerManager(head: ClassHead, dueMs: number): void {
    const { namespace, run } = this.options
    const n = ++this.#count
    const all = `/apis/apps/v1/namespaces/${namespace}/replicasets`
    const path = `${all}/${run}-work`
    void this.#tell(head, dueMs, async () => {
      if (!this.#made) {
        await this.#call('POST', all, replicaSet(`${run}-work`))
        this.#made = true
      }
      const changed = await this.#call('PATCH', path, { spec: { minReadySeconds: n } }, 'application/merge-patch+json')
      if (!changed) {
        this.#made = false
        throw new Unasked('no ReplicaSet')
      }
      const generation = changed.metadata?.generation ?? 0
      return await this.#seen(path, (one) => (one.status?.observedGeneration ?? 0) >= generation)
    })
  }

  scheduler(head: ClassHead, dueMs: number): void {
    const { namespace, run } = this.options
    const name = `${run}-nowhere-${++this.#count}`
    const all = `/api/v1/namespaces/${namespace}/pods`
    void this.#tell(head, dueMs, async () => {
      const made = await this.#call('POST', all, pod(name))
      if (!made) throw new Unasked('no pod could be made')
      const done = await this.#seen(`${all}/${name}`, (one) => one.status?.conditions?.some((c) => c.type === 'PodScheduled') === true)
      await this.#call('DELETE', `${all}/${name}`, { gracePeriodSeconds: 0 }).catch(() => undefined)
      return done
    })
  }
}

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

/** Never started: no node carries the label. */
const podSpec = {
  nodeSelector: { 'quorate.dev/nowhere': 'true' },
  automountServiceAccountToken: false,
  containers: [{ name: 'none', image: 'none.invalid/none', securityContext: restricted }],
}

const pod = (name: string): unknown => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: podSpec })

const replicaSet = (name: string): unknown => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec },
  },
})
