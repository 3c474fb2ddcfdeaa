import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { monotonicMs } from '../samples.js'
import { causeOf, Failure, openTls, type Server, type Stage } from './connect.js'
import { type Answer, exchange, type Request } from './http1.js'

/** Milliseconds; `untilMs` of a call is on the monotonic clock. */
export interface Patience {
  connectMs: number
  pingIdleMs: number
  pingMs: number
}

/** One way to send a request. Throws Failure. */
export interface Client {
  call(request: Request, untilMs: number): Promise<Answer>
  close(): void
}

/** A connection of its own for each request, as a command line tool makes it. */
export const newConnection = (server: Server, patience: Patience): Client => ({
  call: async (request, untilMs) => {
    const socket = await openTls(server, 'http/1.1', { connectMs: patience.connectMs, untilMs })
    try {
      return await exchange(socket, { ...request, close: true }, untilMs)
    } finally {
      socket.on('error', () => undefined)
      socket.destroy()
    }
  },
  close: () => undefined,
})

/**
 * One HTTP/1.1 connection that is kept. Requests wait for each other on it, as they do in a client that has only this one: what a
 * silent peer costs shows in full.
 */
export const keptConnection = (server: Server, patience: Patience): Client => {
  let socket: TLSSocket | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  const drop = (): void => {
    socket?.on('error', () => undefined)
    socket?.destroy()
    socket = undefined
  }
  const one = async (request: Request, untilMs: number): Promise<Answer> => {
    if (closed) throw new Failure('connect', 'closed')
    if (monotonicMs() >= untilMs) throw new Failure('connect', 'waited for the connection')
    if (!socket || socket.destroyed) socket = await openTls(server, 'http/1.1', { connectMs: patience.connectMs, untilMs })
    try {
      const answer = await exchange(socket, request, untilMs)
      if (!answer.keep) drop()
      return answer
    } catch (error) {
      drop()
      throw error
    }
  }
  return {
    call: (request, untilMs) => {
      const next = last.then(
        () => one(request, untilMs),
        () => one(request, untilMs),
      )
      last = next.catch(() => undefined)
      return next
    },
    close: () => {
      closed = true
      drop()
    },
  }
}

/**
 * One HTTP/2 session, with the ping that Node leaves to its user: silence for `pingIdleMs` sends one, and no answer within `pingMs`
 * ends the session. Go's clients do the same, later.
 */
export class Http2Client implements Client {
  #session: ClientHttp2Session | undefined
  #opening: Promise<ClientHttp2Session> | undefined
  #heardMs = 0
  #watch: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    private readonly server: Server,
    private readonly patience: Patience,
  ) {}

  async call(request: Request, untilMs: number): Promise<Answer> {
    const session = await this.#open(untilMs)
    return await this.#exchange(session, request, untilMs)
  }

  close(): void {
    this.#closed = true
    this.#drop(this.#session)
  }

  #open(untilMs: number): Promise<ClientHttp2Session> {
    if (this.#closed) return Promise.reject(new Failure('connect', 'closed'))
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return Promise.resolve(this.#session)
    this.#opening ??= this.#connect(untilMs).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #connect(untilMs: number): Promise<ClientHttp2Session> {
    const socket = await openTls(this.server, 'h2', { connectMs: this.patience.connectMs, untilMs })
    const session = connectHttp2(`https://${this.server.host}:${this.server.port}`, { createConnection: () => socket })
    session.on('error', () => undefined)
    session.on('goaway', () => {
      // Streams that are open may end; new ones go to a new session.
      if (this.#session === session) this.#session = undefined
      session.close()
    })
    session.on('close', () => this.#drop(session))
    socket.on('data', () => {
      this.#heardMs = monotonicMs()
    })
    this.#session = session
    this.#heardMs = monotonicMs()
    this.#guard(session)
    return session
  }

  #guard(session: ClientHttp2Session): void {
    clearTimeout(this.#watch)
    const idleMs = monotonicMs() - this.#heardMs
    const look = (): void => {
      if (this.#session !== session || session.destroyed) return
      if (monotonicMs() - this.#heardMs < this.patience.pingIdleMs) return this.#guard(session)
      const dead = setTimeout(() => this.#drop(session), this.patience.pingMs)
      session.ping((error) => {
        clearTimeout(dead)
        if (error) return this.#drop(session)
        this.#heardMs = monotonicMs()
        this.#guard(session)
      })
    }
    this.#watch = setTimeout(look, Math.max(10, this.patience.pingIdleMs - idleMs))
  }

  #drop(session: ClientHttp2Session | undefined): void {
    if (this.#session === session) {
      this.#session = undefined
      clearTimeout(this.#watch)
    }
    if (session && !session.destroyed) session.destroy()
  }

  #exchange(session: ClientHttp2Session, request: Request, untilMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let stage: Stage = 'send'
      let status = 0
      const parts: Buffer[] = []
      let stream: ClientHttp2Stream | undefined
      const fail = (cause: string): void => {
        clearTimeout(timer)
        if (stream && !stream.destroyed) stream.close(constants.NGHTTP2_CANCEL)
        reject(new Failure(stage, cause))
      }
      const timer = setTimeout(() => fail('timeout'), Math.max(1, untilMs - monotonicMs()))
      try {
        stream = session.request(
          {
            ':method': request.method,
            ':path': request.path,
            ':authority': request.host,
            accept: 'application/json',
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          { endStream: request.body === undefined },
        )
      } catch (error) {
        return fail(causeOf(error))
      }
      stage = 'answer'
      stream.on('response', (headers) => {
        status = Number(headers[':status'])
        stage = 'body'
      })
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('error', (error) => fail(causeOf(error)))
      stream.on('close', () => {
        if (status > 0 && stream?.rstCode === constants.NGHTTP2_NO_ERROR) {
          clearTimeout(timer)
          resolve({ status, body: Buffer.concat(parts).toString('utf8'), keep: true })
        } else fail('reset')
      })
      if (request.body !== undefined) stream.end(request.body)
    })
  }
}
