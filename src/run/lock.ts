import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { tryProcessLock } from '../machine/process-lock.js'
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
 * Takes the lock of a cluster on this computer; it is free again when its process ends, however it ends. The file beside it only says
 * who holds it. Throws Fault Q4002 naming owner and age when somebody is at work.
 */
export const takeLock = async (path: string, verb: string, now: () => Date): Promise<Lock> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const held = await tryProcessLock(resolve(path))
  if (!held) {
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
      await held.release()
    },
  }
}

const readOwner = async (path: string): Promise<LockOwner | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner
  } catch {
    return undefined
  }
}
