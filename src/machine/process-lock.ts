import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'

export interface ProcessLock {
  release(): Promise<void>
}

/**
 * A lock that lives exactly as long as its process: a listening socket with an abstract name (unix(7)). Binding it is atomic, and the kernel lets it go
 * when the process dies, however it dies, so there is no stale lock to judge. Undefined when somebody holds it.
 */
export const tryProcessLock = async (key: string): Promise<ProcessLock | undefined> => {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 40)
  const server = await bind(`\0quorate-lock-${name}`)
  return server && { release: () => new Promise<void>((done) => server.close(() => done())) }
}

const bind = (name: string): Promise<Server | undefined> =>
  new Promise((done, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(undefined) : reject(error)))
    server.listen(name, () => done(server))
  })
