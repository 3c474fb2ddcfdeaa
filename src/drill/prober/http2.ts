import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import { monotonicMs } from '../samples.js'
import type { Client, Patience } from './clients.js'
import { causeOf, Failure, openTls, type Server, type Stage } from './connect.js'
import type { Answer, Request } from './http1.js'

/** An answer that goes on: bytes as they come, then its end. */
export interface Stream {
  status: number
  /** Why it ended: `closed` by the server in good order, `reset`, ... */
  ended: Promise<string>
  close(): void
}

/** What the server, or a session that it is closing, refuses before doing anything: GOAWAY comes between any two requests. */
const unprocessed = new Set(['refused stream', 'ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION'])

/**
 * One HTTP/2 session, with the ping that Node leaves to its user: silence for `pingIdleMs` sends one, and no answer within `pingMs`
 * ends the session. Go's clients do the same, later.
 */
export class Http2Client implements Client {
  #session: ClientHttp2Session | undefined
  #opening: Promise<ClientHttp2Session> | undefined
  readonly #open = new Set<ClientHttp2Session>()
  #closed = false

  constructor(
    private readonly server: Server,
    private readonly patience: Patience,
  ) {}

  /** What the server refused unprocessed (RFC 9113, 8.7) is asked once more on a new session, as Go's clients do. */
  async call(request: Request, untilMs: number): Promise<Answer> {
    try {
      return await this.#once(request, untilMs)
    } catch (error) {
      if (error instanceof Failure && unprocessed.has(error.said)) return await this.#once(request, untilMs)
      throw error
    }
  }

  async #once(request: Request, untilMs: number): Promise<Answer> {
    const session = await this.#sessionUntil(untilMs)
    const parts: Buffer[] = []
    return await new Promise((resolve, reject) => {
      const asked = new Asked(session, request, (part) => parts.push(part))
      const timer = setTimeout(() => asked.give('timeout'), Math.max(1, untilMs - monotonicMs()))
      asked.ended.then(
        () => {
          clearTimeout(timer)
          resolve({ status: asked.status, body: Buffer.concat(parts).toString('utf8'), keep: true })
        },
        (failure) => {
          clearTimeout(timer)
          reject(failure)
        },
      )
    })
  }

  /** Resolves with the headers of the answer, which must come before `untilMs`. Throws Failure. */
  async stream(request: Request, untilMs: number, onData: (part: Buffer) => void): Promise<Stream> {
    const session = await this.#sessionUntil(untilMs)
    const asked = new Asked(session, request, onData)
    const timer = setTimeout(() => asked.give('timeout'), Math.max(1, untilMs - monotonicMs()))
    try {
      await asked.begun
    } finally {
      clearTimeout(timer)
    }
    const ended = asked.ended.then(
      () => 'closed',
      (failure: Failure) => failure.why,
    )
    return { status: asked.status, ended, close: () => asked.give('closed') }
  }

  close(): void {
    this.#closed = true
    for (const session of this.#open) session.destroy()
  }

  #sessionUntil(untilMs: number): Promise<ClientHttp2Session> {
    if (this.#closed) return Promise.reject(new Failure('connect', 'closed'))
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return Promise.resolve(this.#session)
    this.#opening ??= this.#connect(untilMs).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #connect(untilMs: number): Promise<ClientHttp2Session> {
    const socket = await openTls(this.server, 'h2', { connectMs: this.patience.connectMs, untilMs })
    const session = connectHttp2(`https://${this.server.serverName}`, { createConnection: () => socket })
    this.#open.add(session)
    session.setMaxListeners(0)
    session.on('error', () => undefined)
    session.on('goaway', () => {
      // Streams that are open may end; new ones go to a new session.
      if (this.#session === session) this.#session = undefined
      if (!session.destroyed) session.close()
    })
    const stopGuard = guard(session, this.patience, (onHeard) => socket.on('data', onHeard))
    session.on('close', () => {
      stopGuard()
      this.#open.delete(session)
      if (this.#session === session) this.#session = undefined
    })
    this.#session = session
    if (this.#closed) session.destroy()
    return session
  }
}

/** Pings a session that is silent and ends it when the ping is not answered. Returns how to stop. */
const guard = (session: ClientHttp2Session, patience: Patience, onData: (heard: () => void) => void): (() => void) => {
  let heardMs = monotonicMs()
  let timer: NodeJS.Timeout | undefined
  onData(() => {
    heardMs = monotonicMs()
  })
  const wait = (): void => {
    timer = setTimeout(look, Math.max(10, patience.pingIdleMs - (monotonicMs() - heardMs)))
  }
  const look = (): void => {
    if (session.destroyed) return
    if (monotonicMs() - heardMs < patience.pingIdleMs) {
      wait()
      return
    }
    timer = setTimeout(() => session.destroy(), patience.pingMs)
    try {
      session.ping((error) => {
        clearTimeout(timer)
        if (error || session.destroyed) return session.destroy()
        heardMs = monotonicMs()
        wait()
      })
    } catch {
      session.destroy()
    }
  }
  wait()
  return () => clearTimeout(timer)
}

/** One request on a session. `begun` and `ended` reject with a Failure. */
class Asked {
  status = 0
  #stage: Stage = 'send'
  #stream: ClientHttp2Stream | undefined
  #done = false
  #begin: () => void = () => undefined
  #failBegin: (failure: Failure) => void = () => undefined
  #end: () => void = () => undefined
  #failEnd: (failure: Failure) => void = () => undefined
  readonly begun = new Promise<void>((resolve, reject) => {
    this.#begin = resolve
    this.#failBegin = reject
  })
  readonly ended = new Promise<void>((resolve, reject) => {
    this.#end = resolve
    this.#failEnd = reject
  })

  constructor(session: ClientHttp2Session, request: Request, onData: (part: Buffer) => void) {
    this.begun.catch(() => undefined)
    this.ended.catch(() => undefined)
    const { method, path, host, body } = request
    try {
      this.#stream = session.request(
        {
          ':method': method,
          ':path': path,
          ':authority': host,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        },
        { endStream: body === undefined },
      )
    } catch (error) {
      this.give(causeOf(error))
      return
    }
    const stream = this.#stream
    this.#stage = 'answer'
    stream.on('response', (headers) => {
      this.status = Number(headers[':status'])
      this.#stage = 'body'
      this.#begin()
    })
    stream.on('data', onData)
    stream.on('error', (error) => this.give(causeOf(error)))
    stream.on('close', () => {
      if (this.#done) return
      if (this.status === 0 || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return this.give('reset')
      this.#done = true
      this.#end()
    })
    if (body !== undefined) stream.end(body)
  }

  give(cause: string): void {
    if (this.#done) return
    this.#done = true
    const failure = new Failure(this.#stage, cause)
    this.#failBegin(failure)
    this.#failEnd(failure)
    if (this.#stream && !this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_CANCEL)
  }
}
