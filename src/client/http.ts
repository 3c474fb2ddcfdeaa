import { type IncomingHttpHeaders, type IncomingMessage, request as startRequest } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import { type CallState, type Endpoint, EndpointAgent } from './connection.js'
import { type Phase, reasonOf, TransportFault } from './transport.js'

export interface CallOptions {
  /** The whole call, from dial to the last byte. Default: the client's own. */
  deadlineMs?: number
  /** Dial and TLS together; default 3/4 of the deadline, so the phase that failed is always known. */
  connectMs?: number
  signal?: AbortSignal
}

export interface HttpRequest extends CallOptions {
  method: string
  /** Path with query. */
  path: string
  headers?: Record<string, string>
  /** Strings and bytes go as they are, everything else as JSON. */
  body?: unknown
  /** Safe to send again when a kept connection turns out to be closed. Default: true for GET and HEAD. */
  repeatable?: boolean
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** From start to last byte. */
  ms: number
}

/** An answer whose body comes while it is read. Ends when the reader stops or the server does. */
export interface HttpStream {
  status: number
  headers: IncomingHttpHeaders
  /** Silence longer than `idleMs` throws TransportFault in phase body. Leaving the loop closes the connection. */
  chunks(options?: { idleMs?: number }): AsyncGenerator<Buffer>
  close(): void
}

const maxBodyBytes = 256 * 1024 * 1024

const encode = (body: unknown): string | Uint8Array | undefined =>
  body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)

/**
 * HTTP/1.1 to one endpoint over dialled connections that are kept. Every call has a deadline, in milliseconds. Throws TransportFault
 * (Q7501 to Q7505, by phase), or the reason of the caller's own signal.
 */
export class HttpClient {
  readonly #agent: EndpointAgent
  readonly endpoint: string

  constructor(
    readonly target: Endpoint,
    readonly deadlineMs = 5000,
  ) {
    this.#agent = new EndpointAgent(target)
    this.endpoint = `${target.host}:${target.port}`
  }

  /** Certificate that the server showed last; undefined before the first call, and without TLS. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#agent.peer
  }

  close(): void {
    this.#agent.destroy()
  }

  async request(options: HttpRequest): Promise<HttpAnswer> {
    const repeatable = options.repeatable ?? (options.method === 'GET' || options.method === 'HEAD')
    try {
      return await this.#once(options)
    } catch (error) {
      // A server may close an idle connection in the instant in which we use it: nothing was processed, so once more.
      if (repeatable && error instanceof TransportFault && error.reused && !error.timedOut) return await this.#once(options)
      throw error
    }
  }

  async #once(options: HttpRequest): Promise<HttpAnswer> {
    const call = await this.#start(options)
    const parts: Buffer[] = []
    let bytes = 0
    try {
      for await (const part of call.answer as AsyncIterable<Buffer>) {
        bytes += part.length
        if (bytes > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`)
        parts.push(part)
      }
    } catch (error) {
      throw call.explain(error)
    } finally {
      call.done()
    }
    return {
      status: call.answer.statusCode ?? 0,
      headers: call.answer.headers,
      body: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts),
      ms: performance.now() - call.startedAt,
    }
  }

  /** The deadline covers everything up to the headers of the answer; after that `idleMs` of `chunks` does. */
  async stream(options: HttpRequest): Promise<HttpStream> {
    const call = await this.#start(options)
    call.disarm()
    const { answer } = call
    const close = () => {
      call.done()
      answer.destroy()
    }
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      close,
      async *chunks({ idleMs } = {}) {
        let timer: NodeJS.Timeout | undefined
        const arm = () => {
          clearTimeout(timer)
          if (idleMs) timer = setTimeout(() => call.expire(`silent for ${idleMs} ms`), idleMs)
        }
        try {
          arm()
          for await (const chunk of answer as AsyncIterable<Buffer>) {
            clearTimeout(timer)
            yield chunk
            arm()
          }
        } catch (error) {
          throw call.explain(error)
        } finally {
          clearTimeout(timer)
          close()
        }
      },
    }
  }

  #start(options: HttpRequest): Promise<StartedCall> {
    const deadlineMs = options.deadlineMs ?? this.deadlineMs
    const connectMs = options.connectMs ?? Math.max(1, Math.round(deadlineMs * 0.75))
    const startedAt = performance.now()
    const stop = new AbortController()
    const state: CallState = { phase: 'dial', connectMs, signal: stop.signal }
    const body = encode(options.body)
    if (options.signal?.aborted) return Promise.reject(options.signal.reason)

    const headers: Record<string, string | number> = { host: this.endpoint, ...options.headers }
    if (body !== undefined) {
      headers['content-length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      if (!('content-type' in headers)) headers['content-type'] = 'application/json'
    }
    const { host, port } = this.target
    const request = startRequest({
      method: options.method,
      path: options.path,
      host,
      port,
      headers,
      agent: this.#agent,
      call: state,
    } as object)

    let verdict: Error | undefined
    let settle: (error: Error) => void = () => {}
    const end = (error: Error) => {
      verdict ??= error
      stop.abort(error)
      request.destroy(error)
      // A request that waits for a connection tells nothing of its end before the connection is there, or failed.
      settle(verdict)
    }
    const fail = (phase: Phase, reason: string, rest: { cause?: unknown; timedOut?: boolean } = {}): TransportFault =>
      new TransportFault(phase, this.endpoint, reason, performance.now() - startedAt, { ...rest, reused: request.reusedSocket })
    const expire = (reason: string) => end(fail(state.phase, reason, { timedOut: true }))
    const timer = setTimeout(() => expire(`no answer within ${deadlineMs} ms`), deadlineMs)
    const onAbort = () => end(options.signal?.reason as Error)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const disarm = () => clearTimeout(timer)
    const done = () => {
      disarm()
      options.signal?.removeEventListener('abort', onAbort)
    }
    const explain = (error: unknown): unknown => verdict ?? fail(state.phase, reasonOf(error), { cause: error })

    return new Promise((resolve, reject) => {
      settle = (error) => {
        done()
        reject(error)
      }
      request.on('error', (error) => {
        done()
        reject(explain(error))
      })
      request.on('socket', () => {
        state.phase = 'write'
      })
      request.on('finish', () => {
        if (state.phase === 'write') state.phase = 'first-byte'
      })
      request.on('response', (answer) => {
        state.phase = 'body'
        resolve({ answer, startedAt, done, disarm, explain, expire })
      })
      request.end(body)
    })
  }
}

interface StartedCall {
  answer: IncomingMessage
  startedAt: number
  done(): void
  disarm(): void
  explain(error: unknown): unknown
  expire(reason: string): void
}
