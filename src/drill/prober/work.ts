import type { Operation, Outcome } from '../../history/types.js'
import { monotonicMs } from '../samples.js'
import { type Client, keptConnection, type Patience } from './clients.js'
import type { Server } from './connect.js'
import type { Ledger } from './ledger.js'
import { collectionOf, configMap, listPath, revisionOf } from './objects.js'
import { askOnce, type Reply, served } from './outcome.js'
import type { ClassHead } from './protocol.js'

const registerCount = 8
/** A register that has lived this long is followed by a new one, so that no single key makes judging slow. */
const updatesOfOneRegister = 300
/** At 20 writes a second and 2 s of patience 40 can be under way. */
const mostClients = 64
const idleClientMs = 5000
/** A set that cannot be closed by a last write within this time has no end that could be judged. */
const fenceMs = 15_000

interface Register {
  name: string
  updates: number
  /** Revision that a compare-and-swap would expect; `absent` = must be created; `unsure` = must be read first. */
  at: number | 'absent' | 'unsure' | 'creating'
}

/** `served`: the API did its work, whoever was faster. */
type Written = Reply & { served: boolean }

interface Worker {
  id: string
  endpoint: string
  client: Client
  usedMs: number
}

export interface WorkOptions {
  server: Server
  /** For reads that go to each API server directly. */
  direct: readonly { name: string; server: Server }[]
  patience: Patience
  totalMs: number
  namespace: string
  head: ClassHead
  ledger: Ledger
  onOperation: (operation: Operation) => void
  /** A write begins that will be seen by this value. */
  onBegun: (value: string) => void
  /** An acknowledged write, for watchers that have to deliver it. */
  onAcknowledged: (revision: number) => void
}

/**
 * Writes and reads ConfigMaps and records each as an Operation: compare-and-swap on a few registers, objects of their own, deletions,
 * reads from everywhere, lists. Open loop: an operation that hangs keeps its client, and the next one takes another.
 */
export class Work {
  #set: string | undefined
  #registers: Register[] = []
  #singles: string[] = []
  #count = 0
  #reads = 0
  #idle: Worker[] = []
  #workers = 0
  #names = 0
  #underWay = 0
  readonly #readers: (Worker & { busy: boolean })[]

  constructor(private readonly options: WorkOptions) {
    const { server, direct, patience } = options
    this.#readers = [{ name: 'endpoint', server }, ...direct].map((to) => ({
      id: `reader-${to.name}`,
      endpoint: to.name,
      client: keptConnection(to.server, patience),
      usedMs: 0,
      busy: false,
    }))
  }

  /** Starts with a new set of keys, all named `<set>-...`. */
  begin(set: string): void {
    this.#set = set
    this.#count = 0
    this.#registers = Array.from({ length: registerCount }, (_, i) => ({ name: `${set}-r${i}-0`, updates: 0, at: 'absent' }))
    this.#singles = []
  }

  /** No more operations; resolves when the last one ended, and gives a fence: the revision of a write made after all of them. */
  async end(): Promise<number | undefined> {
    const set = this.#set
    this.#set = undefined
    if (set === undefined) return undefined
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const untilMs = monotonicMs() + fenceMs
    for (let i = 0; monotonicMs() < untilMs; i++) {
      const worker = this.#take()
      if (!worker) return undefined
      const reply = await this.#write(worker, set, 'create', `${set}-fence-${i}`)
      if (reply.outcome === 'ok' && reply.object) return revisionOf(reply.object)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    return undefined
  }

  write(dueMs: number): void {
    const set = this.#set
    if (set === undefined) return
    const { head, ledger } = this.options
    const worker = this.#take()
    if (!worker) {
      ledger.dropped++
      ledger.add({ ...head, dueMs, endMs: dueMs, why: 'not sent', noVerdict: true })
      return
    }
    const turn = this.#count % 10
    const single = turn === 9 ? this.#singles.shift() : undefined
    const job = single ? this.#write(worker, set, 'delete', single) : turn < 6 ? this.#swap(worker, set) : this.#single(worker, set)
    void job.then((reply) => {
      ledger.add({ ...head, dueMs, endMs: monotonicMs(), why: reply.served ? '' : reply.why })
    })
  }

  /** Reads in turn from the endpoint and from each API server; who is still waiting for an answer is passed over. */
  read(): void {
    const set = this.#set
    const reader = this.#readers[this.#reads++ % this.#readers.length]
    if (set === undefined || !reader || reader.busy) return
    reader.busy = true
    const round = Math.floor(this.#reads / this.#readers.length)
    const unsure = reader.endpoint === 'endpoint' ? this.#registers.find((one) => one.at === 'unsure') : undefined
    const register = unsure ?? this.#registers[round % this.#registers.length]
    // A list of hundreds costs more than all else, so it is seldom; each server has its turn.
    const id = `${set}-read-${this.#reads}`
    const job =
      round % 25 === 24 ? this.#list(reader, set, id) : register ? this.#read(reader, register, id, round % 5 === 4) : Promise.resolve()
    void job.finally(() => {
      reader.busy = false
    })
  }

  /** Closes connections that an outage had opened and nobody needs any more. */
  tidy(): void {
    const oldMs = monotonicMs() - idleClientMs
    const old = this.#idle.filter((one) => one.usedMs < oldMs)
    this.#idle = this.#idle.filter((one) => one.usedMs >= oldMs)
    this.#workers -= old.length
    for (const one of old) one.client.close()
  }

  close(): void {
    for (const one of [...this.#idle, ...this.#readers]) one.client.close()
  }

  #take(): Worker | undefined {
    const idle = this.#idle.pop()
    if (idle) return idle
    if (this.#workers >= mostClients) return undefined
    this.#workers++
    const { server, patience } = this.options
    return { id: `writer-${++this.#names}`, endpoint: 'endpoint', client: keptConnection(server, patience), usedMs: 0 }
  }

  #release(worker: Worker, outcome: Outcome): void {
    worker.usedMs = monotonicMs()
    // What may still take effect runs beside whatever comes next, so the next operation is another client's.
    if (outcome === 'unknown') worker.id = `writer-${++this.#names}`
    this.#idle.push(worker)
  }

  async #swap(worker: Worker, set: string): Promise<Written> {
    const ready = this.#registers.filter((one) => one.at === 'absent' || typeof one.at === 'number')
    const register = ready[(this.#count * 7) % Math.max(1, ready.length)]
    if (!register) return await this.#single(worker, set)
    const { at } = register
    if (typeof at !== 'number') {
      register.at = 'creating'
      const reply = await this.#write(worker, set, 'create', register.name)
      register.at =
        reply.object && reply.outcome === 'ok'
          ? revisionOf(reply.object)
          : reply.outcome === 'failed' && reply.status === 0
            ? 'absent'
            : 'unsure'
      return reply
    }
    const reply = await this.#write(worker, set, 'update', register.name, at)
    if (reply.outcome === 'ok' && reply.object) {
      register.at = Math.max(revisionOf(reply.object), typeof register.at === 'number' ? register.at : 0)
      if (++register.updates >= updatesOfOneRegister) this.#renew(register)
    } else if (register.at === at && !(reply.outcome === 'failed' && reply.status === 0)) register.at = 'unsure'
    return reply
  }

  #renew(register: Register): void {
    const [, head = register.name, generation = '0'] = /^(.*)-(\d+)$/.exec(register.name) ?? []
    register.name = `${head}-${Number(generation) + 1}`
    register.at = 'absent'
    register.updates = 0
  }

  async #single(worker: Worker, set: string): Promise<Written> {
    const name = `${set}-u${this.#count}`
    const reply = await this.#write(worker, set, 'create', name)
    if (reply.outcome === 'ok') this.#singles.push(name)
    return reply
  }

  async #write(worker: Worker, set: string, kind: 'create' | 'update' | 'delete', key: string, expected?: number): Promise<Written> {
    const id = `${set}-${this.#count++}`
    const path = collectionOf(this.options.namespace)
    const base = { id, client: worker.id, kind, key, endpoint: worker.endpoint, startMs: monotonicMs() }
    this.#underWay++
    if (kind !== 'delete') this.options.onBegun(id)
    const reply =
      kind === 'delete'
        ? await this.#ask(worker, 'DELETE', `${path}/${key}`)
        : kind === 'create'
          ? await this.#ask(worker, 'POST', path, configMap(key, set, id))
          : await this.#ask(worker, 'PUT', `${path}/${key}`, configMap(key, set, id, expected))
    this.#underWay--
    const revision = kind !== 'delete' && reply.outcome === 'ok' && reply.object ? revisionOf(reply.object) : undefined
    this.options.onOperation({
      ...base,
      ...(kind === 'delete' ? {} : { value: id }),
      ...(expected === undefined ? {} : { expectedRevision: expected }),
      endMs: monotonicMs(),
      outcome: reply.outcome,
      ...(revision === undefined ? {} : { revision }),
      ...(reply.why ? { error: reply.why } : {}),
    })
    if (revision !== undefined) this.options.onAcknowledged(revision)
    this.#release(worker, reply.outcome)
    return { ...reply, served: served(reply, kind) }
  }

  async #read(reader: Worker, register: Register, id: string, mayLag: boolean): Promise<void> {
    const { name } = register
    const startMs = monotonicMs()
    this.#underWay++
    const path = `${collectionOf(this.options.namespace)}/${name}${mayLag ? '?resourceVersion=0' : ''}`
    const reply = await this.#ask(reader, 'GET', path)
    this.#underWay--
    const answered = reply.outcome === 'ok' || reply.absent === true
    const revision = reply.outcome === 'ok' && reply.object ? revisionOf(reply.object) : undefined
    this.options.onOperation({
      id,
      client: reader.id,
      kind: 'read',
      key: name,
      startMs,
      endMs: monotonicMs(),
      outcome: answered ? 'ok' : 'failed',
      ...(answered ? { observedValue: reply.object?.data?.v ?? null } : { error: reply.why }),
      ...(revision === undefined ? {} : { revision }),
      ...(mayLag ? { mayLag } : {}),
      endpoint: reader.endpoint,
    })
    if (register.at === 'unsure' && register.name === name && answered && !mayLag) register.at = revision ?? 'absent'
  }

  async #list(reader: Worker, set: string, id: string): Promise<void> {
    const startMs = monotonicMs()
    this.#underWay++
    const reply = await this.#ask(reader, 'GET', listPath(this.options.namespace, set))
    this.#underWay--
    const items = (reply.object?.items ?? []).map((one) => [
      one.metadata?.name ?? '',
      { value: one.data?.v ?? '', revision: revisionOf(one) },
    ])
    this.options.onOperation({
      id,
      client: reader.id,
      kind: 'list',
      key: `${set}-`,
      startMs,
      endMs: monotonicMs(),
      outcome: reply.outcome === 'ok' ? 'ok' : 'failed',
      ...(reply.outcome === 'ok' && reply.object ? { storeRevision: revisionOf(reply.object), items: Object.fromEntries(items) } : {}),
      ...(reply.why ? { error: reply.why } : {}),
      endpoint: reader.endpoint,
    })
  }

  #ask(worker: Worker, method: string, path: string, body?: string): Promise<Reply> {
    const { server, totalMs } = this.options
    return askOnce(
      worker.client,
      { method, path, host: server.serverName, ...(body === undefined ? {} : { body }) },
      monotonicMs() + totalMs,
    )
  }
}
