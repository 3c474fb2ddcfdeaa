import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { hostname, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fault } from '../model/problem.js'

/** Who holds the lock of a cluster, in words for the one who has to wait. */
export interface LockOwner {
  user: string
  host: string
  pid: number
  verb: string
  since: string
}

export interface Lock {
  owner: LockOwner
  release(): Promise<void>
}

/**
 * Takes the lock of a cluster on this computer. The lock is a listening socket with an abstract name (unix(7)): binding it is
 * atomic, and the kernel lets it go when its process dies, however it dies, so there is no stale lock to judge. The file beside
 * it only says who holds it. Throws Fault Q4002 naming owner and age when somebody is at work.
 */
export const takeLock = async (path: string, verb: string, now: () => Date): Promise<Lock> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const name = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 40)
  const server = await bind(`\0quorate-lock-${name}`)
  if (!server) {
    const holder = await readOwner(path)
    const ageS = holder ? Math.round((now().getTime() - Date.parse(holder.since)) / 1000) : 0
    throw fault('Q4002', {
      user: holder?.user ?? 'somebody',
      host: holder?.host ?? 'this computer',
      pid: holder?.pid ?? 0,
      verb: holder?.verb ?? 'another command',
      ageS,
    })
  }
  const owner: LockOwner = { user: userInfo().username, host: hostname(), pid: process.pid, verb, since: now().toISOString() }
  await writeFile(`${path}.new`, JSON.stringify(owner), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return {
    owner,
    release: async () => {
      await unlink(path).catch(() => undefined)
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

const bind = (name: string): Promise<Server | undefined> =>
  new Promise((done, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(undefined) : reject(error)))
    server.listen(name, () => done(server))
  })

const readOwner = async (path: string): Promise<LockOwner | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner
  } catch {
    return undefined
  }
}
