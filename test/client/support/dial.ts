import { connect, type Socket } from 'node:net'
import type { Dial } from '../../../src/client/transport.js'

/** What a fleet does, on loopback; counts its connections. */
export const loopbackDial = (): Dial & { count: number; sockets: Socket[] } => {
  const dial = (host: string, port: number, options: { timeoutMs: number; signal?: AbortSignal }) =>
    new Promise<Socket>((resolve, reject) => {
      dial.count++
      const socket = connect({ host, port })
      dial.sockets.push(socket)
      const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${options.timeoutMs} ms`)), options.timeoutMs)
      const onAbort = () => socket.destroy(options.signal?.reason as Error)
      options.signal?.addEventListener('abort', onAbort, { once: true })
      const settle = () => {
        clearTimeout(timer)
        options.signal?.removeEventListener('abort', onAbort)
      }
      socket.once('connect', () => {
        settle()
        socket.removeAllListeners('error')
        resolve(socket)
      })
      socket.once('error', (error) => {
        settle()
        reject(error)
      })
    })
  dial.count = 0
  dial.sockets = [] as Socket[]
  return dial
}
