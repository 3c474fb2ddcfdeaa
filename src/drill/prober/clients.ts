import type { TLSSocket } from 'node:tls'
import { monotonicMs } from '../samples.js'
import { Failure, openTls, type Server } from './connect.js'
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

/** Several kept connections, used in turn by whoever finds one free: what a slow answer holds up is then no more than its own connection. */
export const keptConnections = (count: number, server: Server, patience: Patience): Client => {
  const pool = Array.from({ length: count }, () => ({ client: keptConnection(server, patience), waiting: 0 }))
  return {
    call: async (request, untilMs) => {
      const free = pool.reduce((best, one) => (one.waiting < best.waiting ? one : best))
      free.waiting++
      try {
        return await free.client.call(request, untilMs)
      } finally {
        free.waiting--
      }
    },
    close: () => {
      for (const { client } of pool) client.close()
    },
  }
}
