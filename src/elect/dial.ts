import { connect, type Socket } from 'node:net'
import type { Dial } from '../client/transport.js'

/** Plain TCP from this machine. The deadline, in milliseconds, covers name look-up and connecting. Rejects with the socket's error. */
export const dialTcp: Dial = (host, port, { timeoutMs, signal }) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${Math.round(timeoutMs)} ms`)), timeoutMs)
    const onAbort = () => socket.destroy(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, { once: true })
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    socket.once('connect', () => {
      settle()
      socket.removeListener('error', onError)
      resolve(socket)
    })
    const onError = (error: Error) => {
      settle()
      reject(error)
    }
    socket.once('error', onError)
  })
