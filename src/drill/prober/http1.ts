import type { Duplex } from 'node:stream'
import { monotonicMs } from '../samples.js'
import { causeOf, Failure, type Stage } from './connect.js'

export interface Request {
  method: string
  path: string
  host: string
  body?: string
  /** Of the body; default application/json. */
  contentType?: string
  /** The connection is not to be used again. */
  close?: boolean
}

export interface Answer {
  status: number
  body: string
  /** The server keeps the connection open. */
  keep: boolean
}

/** The text of one request. */
export const requestText = ({ method, path, host, body, close, contentType = 'application/json' }: Request): string => {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Accept: application/json', `Connection: ${close ? 'close' : 'keep-alive'}`]
  if (body !== undefined) lines.push(`Content-Type: ${contentType}`, `Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** Reads one answer as its bytes come: status line, headers, then a body by length, in chunks, or up to the end of the connection. */
export class AnswerParser {
  #rest: Buffer = Buffer.alloc(0)
  #left: number | 'chunks' | 'end' | undefined
  /** Bytes of the present chunk that are still to come; 0 = a size line is next. */
  #chunkLeft = 0
  readonly #parts: Buffer[] = []
  status = 0
  keep = true
  done = false

  /** `onBody` gets parts of the body as they come, instead of their being kept. */
  constructor(private readonly onBody?: (part: Buffer) => void) {}

  get begun(): boolean {
    return this.#left !== undefined
  }

  get body(): string {
    return Buffer.concat(this.#parts).toString('utf8')
  }

  /** Throws Error on bytes that are no HTTP/1.1. */
  push(bytes: Buffer): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    while (!this.done && (this.#left === undefined ? this.#head() : this.#bodyPart())) {}
  }

  /** The other side ended the connection: the end of some bodies, and the loss of others. */
  end(): void {
    if (this.#left === 'end') this.done = true
  }

  #head(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) {
      if (this.#rest.length > 65_536) throw new Error('headers without end')
      return false
    }
    const [first = '', ...headers] = this.#rest.subarray(0, end).toString('latin1').split('\r\n')
    this.#rest = this.#rest.subarray(end + 4)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
    if (!status) throw new Error('no HTTP/1.1')
    if (status.startsWith('1')) return true
    this.status = Number(status)
    this.#left = 'end'
    for (const line of headers) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      if (name === 'content-length') this.#left = Number(value)
      if (name === 'transfer-encoding' && /chunked/i.test(value)) this.#left = 'chunks'
      if (name === 'connection' && /close/i.test(value)) this.keep = false
    }
    if (this.status === 204 || this.status === 304) this.#left = 0
    if (this.#left === 0) this.done = true
    if (this.#left === 'end') this.keep = false
    return !this.done
  }

  #take(count: number): Buffer {
    const part = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(part.length)
    if (part.length > 0) {
      if (this.onBody) this.onBody(part)
      else this.#parts.push(part)
    }
    return part
  }

  #bodyPart(): boolean {
    if (this.#left === 'end') return this.#take(this.#rest.length).length > 0
    if (typeof this.#left === 'number') {
      this.#left -= this.#take(this.#left).length
      this.done = this.#left === 0
      return false
    }
    if (this.#chunkLeft > 0) {
      // A chunk is followed by an empty line, which counts towards it here and is cut off.
      const data = Math.max(0, this.#chunkLeft - 2)
      if (data > 0) {
        const taken = this.#take(data).length
        this.#chunkLeft -= taken
        return taken === data
      }
      if (this.#rest.length < this.#chunkLeft) return false
      this.#rest = this.#rest.subarray(this.#chunkLeft)
      this.#chunkLeft = 0
      return true
    }
    const end = this.#rest.indexOf('\r\n')
    if (end < 0) return false
    const size = Number.parseInt(this.#rest.subarray(0, end).toString('latin1'), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without size')
    if (size === 0) {
      if (this.#rest.length < end + 4) return false
      this.#rest = this.#rest.subarray(end + 4)
      this.done = true
      return false
    }
    this.#rest = this.#rest.subarray(end + 2)
    this.#chunkLeft = size + 2
    return true
  }
}

/**
 * Sends one request on an open connection and reads its answer until `untilMs`. Throws Failure in stage send, answer or body; the
 * connection is of no use then and is destroyed.
 */
export const exchange = (socket: Duplex, request: Request, untilMs: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const parser = new AnswerParser()
    let stage: Stage = 'send'
    const finish = (): void => {
      clearTimeout(timer)
      socket.off('data', onData)
      socket.off('error', onError)
      socket.off('close', onClose)
      socket.off('end', onEnd)
    }
    const fail = (cause: string): void => {
      finish()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(new Failure(parser.begun ? 'body' : stage, cause))
    }
    const settle = (): void => {
      if (!parser.done) return
      finish()
      // Until its next request, an error of a kept connection shows as the failure of that request.
      socket.on('error', () => undefined)
      resolve({ status: parser.status, body: parser.body, keep: parser.keep && !request.close })
    }
    const onData = (bytes: Buffer): void => {
      try {
        parser.push(bytes)
      } catch (error) {
        fail((error as Error).message)
        return
      }
      settle()
    }
    const onEnd = (): void => {
      parser.end()
      if (parser.done) settle()
      else fail('closed')
    }
    const onError = (error: unknown): void => fail(causeOf(error))
    const onClose = (): void => fail('reset')
    const timer = setTimeout(() => fail('timeout'), Math.max(1, untilMs - monotonicMs()))
    if (socket.destroyed || !socket.writable) return fail('reset')
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.write(requestText(request), () => {
      if (stage === 'send') stage = 'answer'
    })
  })
