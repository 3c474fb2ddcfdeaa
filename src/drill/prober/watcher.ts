import type { WatchEvent } from '../../history/types.js'
import { monotonicMs } from '../samples.js'
import type { Patience } from './clients.js'
import { Failure, type Server } from './connect.js'
import { Http2Client } from './http2.js'
import { listPath, revisionOf, type Seen, watchPath } from './objects.js'

export interface WatcherOptions {
  name: string
  server: Server
  patience: Patience
  totalMs: number
  namespace: string
  onEvent: (event: WatchEvent) => void
  /** A value was delivered. */
  onValue?: (value: string) => void
}

/** What is no event, as the Status of a server that refuses, has no object. */
type Message = { type: string; object?: Seen & { code?: number } }

const typeOf: Record<string, WatchEvent['type']> = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' }

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Between two tries: a client that hammers a server that is down would be part of the trouble. */
const retryMs = 50

/**
 * An open watch over one set of objects, as a controller keeps it: list, watch from there, take up again after a loss where it had
 * stopped, list anew after 410 Gone. Records everything that it sees. HTTP/2 with ping, so a silent peer is noticed.
 */
export class Watcher {
  readonly #client: Http2Client
  #set: string | undefined
  #seq = 0
  /** Delivered up to here. */
  #revision: number | undefined
  #stop: (() => void) | undefined
  #loop: Promise<void> = Promise.resolve()
  #down: { fromMs: number; toMs?: number; why: string }[] = []

  constructor(private readonly options: WatcherOptions) {
    this.#client = new Http2Client(options.server, options.patience)
  }

  get name(): string {
    return this.options.name
  }

  get revision(): number {
    return this.#revision ?? 0
  }

  /** Why it was not connected at that moment; undefined = it was, or it does not watch. */
  downAt(atMs: number): string | undefined {
    return this.#down.findLast((one) => one.fromMs <= atMs && (one.toMs === undefined || one.toMs > atMs))?.why
  }

  /** Watches another set. Resolves when the watch is open, false when it was not within `withinMs`; it goes on trying. */
  async begin(set: string, withinMs: number): Promise<boolean> {
    await this.#leave()
    this.#set = set
    this.#revision = undefined
    this.#down = [{ fromMs: monotonicMs(), why: 'not begun' }]
    this.#loop = this.#run(set)
    const untilMs = monotonicMs() + withinMs
    while (this.#down.at(-1)?.toMs === undefined && monotonicMs() < untilMs) await sleep(10)
    return this.#down.at(-1)?.toMs !== undefined
  }

  /**
   * Waits until everything up to `revision` was delivered; undefined = nobody knows how far that is, so there is no end. Where the watch
   * is open and does not deliver it, that is put on record all the same, for the judge to see; where it does not open in time nothing can
   * be said, and the record has no end.
   */
  async end(
    revision: number | undefined,
    { openWithinMs, deliverWithinMs }: { openWithinMs: number; deliverWithinMs: number },
  ): Promise<boolean> {
    if (revision === undefined) {
      await this.#leave()
      return false
    }
    const fromMs = monotonicMs()
    const untilMs = (): number => {
      const last = this.#down.at(-1)
      return last?.toMs === undefined ? fromMs + Math.max(openWithinMs, deliverWithinMs) : Math.max(fromMs, last.toMs) + deliverWithinMs
    }
    while (this.revision < revision && monotonicMs() < untilMs()) await sleep(20)
    const complete = this.revision >= revision
    if (complete || this.#isUp()) this.#record('ended', this.#set ? `${this.#set}-` : '', Math.max(revision, this.revision))
    await this.#leave()
    return complete
  }

  close(): void {
    this.#set = undefined
    this.#stop?.()
    this.#client.close()
  }

  #isUp(): boolean {
    return this.#down.at(-1)?.toMs !== undefined
  }

  async #leave(): Promise<void> {
    this.#set = undefined
    this.#stop?.()
    await this.#loop
  }

  #record(type: WatchEvent['type'], key: string, revision: number, value?: string): void {
    const { name, onEvent } = this.options
    const event = { watcher: name, seq: ++this.#seq, type, key, ...(value === undefined ? {} : { value }), revision, atMs: monotonicMs() }
    onEvent(event)
  }

  async #run(set: string): Promise<void> {
    let began = false
    while (this.#set === set) {
      try {
        if (this.#revision === undefined) {
          this.#revision = await this.#list(set)
          this.#record(began ? 'relisted' : 'started', `${set}-`, this.#revision)
          began = true
        } else this.#record('resumed', `${set}-`, this.#revision)
        this.#lost(await this.#watch(set, this.#revision))
      } catch (error) {
        this.#lost(error instanceof Failure ? error.why : (error as Error).message)
      }
      if (this.#set === set) await sleep(retryMs)
    }
  }

  #lost(why: string): void {
    const last = this.#down.at(-1)
    // Repeated failures to come back are one time without a watch; its reason is the first.
    if (last && last.toMs === undefined) return
    this.#down.push({ fromMs: monotonicMs(), why })
    if (this.#down.length > 200) this.#down = this.#down.slice(-100)
  }

  async #list(set: string): Promise<number> {
    const { namespace, server, totalMs } = this.options
    const request = { method: 'GET', path: listPath(namespace, set, 1), host: server.serverName }
    const answer = await this.#client.call(request, monotonicMs() + totalMs)
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`)
    return revisionOf(JSON.parse(answer.body) as Seen)
  }

  /** Until the watch ends; says why it did. */
  async #watch(set: string, from: number): Promise<string> {
    const { namespace, server, totalMs } = this.options
    let rest = ''
    let gone = false
    const decoder = new TextDecoder()
    const onData = (part: Buffer): void => {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '' && !this.#hear(JSON.parse(line) as Message)) gone = true
    }
    const request = { method: 'GET', path: watchPath(namespace, set, from), host: server.serverName }
    const stream = await this.#client.stream(request, monotonicMs() + totalMs, onData)
    this.#stop = stream.close
    if (stream.status === 200) {
      const last = this.#down.at(-1)
      if (last && last.toMs === undefined) last.toMs = monotonicMs()
    }
    if (this.#set !== set) stream.close()
    const why = await stream.ended
    this.#stop = undefined
    if (gone || stream.status === 410) this.#revision = undefined
    if (stream.status !== 200) return `HTTP ${stream.status}`
    return gone ? 'HTTP 410' : why
  }

  /** False = the server has forgotten what came after the revision that was asked for. */
  #hear({ type, object }: Message): boolean {
    if (object === undefined) return true
    if (type === 'ERROR') return object.code !== 410
    const revision = revisionOf(object)
    const kind = typeOf[type]
    if (kind) {
      this.#record(kind, object.metadata?.name ?? '', revision, kind === 'deleted' ? undefined : object.data?.v)
      if (object.data?.v !== undefined && kind !== 'deleted') this.options.onValue?.(object.data.v)
    } else if (type === 'BOOKMARK') this.#record('bookmark', '', revision)
    else return true
    this.#revision = Math.max(this.#revision ?? 0, revision)
    return true
  }
}
