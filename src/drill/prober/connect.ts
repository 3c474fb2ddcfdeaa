import { type Socket, connect as tcpConnect } from 'node:net'
import { type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { monotonicMs } from '../samples.js'
import type { Door } from './protocol.js'

/** How far a request came. Nothing of it can have been seen by the server before `send`. */
export type Stage = 'name' | 'connect' | 'TLS' | 'send' | 'answer' | 'body'

/** A request that got no whole answer. */
export class Failure extends Error {
  constructor(
    readonly stage: Stage,
    readonly said: string,
  ) {
    super(`${stage} ${said}`)
  }

  /** As reports count it: `connect timeout`. */
  get why(): string {
    return this.message
  }

  /** Certainly without effect. */
  get definite(): boolean {
    return this.stage === 'name' || this.stage === 'connect' || this.stage === 'TLS'
  }
}

const words: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
  ETIMEDOUT: 'timeout',
  EADDRNOTAVAIL: 'no local port',
}

export const causeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  // Node gives every such end one code; the reason that the server gave is in the text only.
  const reset = /NGHTTP2_([A-Z_]+)/.exec(message ?? '')?.[1]
  if (reset) return reset.toLowerCase().replaceAll('_', ' ')
  return (code && words[code]) ?? code ?? message ?? String(error)
}

type Protocol = 'http/1.1' | 'h2'
interface Limits {
  connectMs: number
  untilMs: number
}

export interface Server {
  doors: readonly Door[]
  context: SecureContext
  serverName: string
}

/** A TCP connection with a deadline of its own: unbounded, the kernel's repeated SYNs would make a gap of 3 s look like 7 s. */
const openTcp = (door: Door, timeoutMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = tcpConnect({ ...door, noDelay: true })
    const fail = (cause: string, stage: Stage = 'connect'): void => {
      clearTimeout(timer)
      // A late error of a socket that nobody waits for must not end the process.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(new Failure(stage, cause))
    }
    const timer = setTimeout(() => fail('timeout'), timeoutMs)
    socket.once('error', (error: NodeJS.ErrnoException) => fail(causeOf(error), error.syscall === 'getaddrinfo' ? 'name' : 'connect'))
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })

/** Which door of a server is tried next: it stays while that one opens. */
const nextDoor = new WeakMap<Server, number>()

/** TCP, then TLS, each with its own deadline. Throws Failure in stage connect or TLS; the next call then tries the next door. `protocol` is offered by ALPN. */
export const openTls = async (server: Server, protocol: Protocol, limits: Limits): Promise<TLSSocket> => {
  const at = nextDoor.get(server) ?? 0
  const door = server.doors[at % server.doors.length]
  if (!door) throw new Failure('connect', 'no door')
  try {
    return await throughDoor(server, door, protocol, limits)
  } catch (error) {
    // Of several that failed at the same time one moves on for all.
    if ((nextDoor.get(server) ?? 0) === at) nextDoor.set(server, at + 1)
    throw error
  }
}

const throughDoor = async (server: Server, door: Door, protocol: Protocol, { connectMs, untilMs }: Limits): Promise<TLSSocket> => {
  const raw = await openTcp(door, Math.max(1, Math.min(connectMs, untilMs - monotonicMs())))
  return await new Promise((resolve, reject) => {
    const socket = tlsConnect({ socket: raw, secureContext: server.context, servername: server.serverName, ALPNProtocols: [protocol] })
    const fail = (cause: string): void => {
      clearTimeout(timer)
      for (const one of [socket, raw]) {
        one.on('error', () => undefined)
        one.destroy()
      }
      reject(new Failure('TLS', cause))
    }
    const timer = setTimeout(() => fail('timeout'), Math.max(1, untilMs - monotonicMs()))
    const onError = (error: unknown): void => fail(causeOf(error))
    const onClose = (): void => fail('reset')
    socket.once('error', onError)
    socket.once('close', onClose)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      socket.off('close', onClose)
      resolve(socket)
    })
  })
}
