import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tryProcessLock } from '../machine/process-lock.js'

/** $QUORATE_CACHE, default ~/.cache/quorate. May be deleted at any time while nothing runs: all of it can be made again. */
export const cacheRoot = (): string => process.env['QUORATE_CACHE'] ?? join(homedir(), '.cache', 'quorate')

/** A key from everything that decides the content: the same inputs give the same key, any other input gives another. */
export const keyOf = (...inputs: unknown[]): string => createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 24)

export interface Cache {
  root: string
  /** Directory of a finished artefact; undefined when it was never finished. */
  find(name: string, key: string): string | undefined
  /**
   * Gives the directory of an artefact, making it when there is none. `make` fills a fresh directory, which is renamed to its place only when it is whole
   * and on disk: what a killed build leaves is never taken for a result. Of two builds at once one works, the other waits and takes the result.
   */
  produce(name: string, key: string, make: (dir: string) => Promise<void>, waiting?: () => void): Promise<string>
}

export const openCache = (root: string = cacheRoot()): Cache => {
  const place = (name: string, key: string): string => join(root, 'objects', `${name}-${key}`)
  const find = (name: string, key: string): string | undefined => (existsSync(place(name, key)) ? place(name, key) : undefined)
  return {
    root,
    find,
    produce: async (name, key, make, waiting) => {
      const at = place(name, key)
      let told = false
      for (;;) {
        if (existsSync(at)) {
          await utimes(at, new Date(), new Date()).catch(() => undefined)
          return at
        }
        const lock = await tryProcessLock(`bundle ${at}`)
        if (lock) {
          try {
            if (!existsSync(at)) await makeWhole(root, at, `${name}-${key}`, make)
          } finally {
            await lock.release()
          }
          return at
        }
        if (!told) waiting?.()
        told = true
        await sleep(200)
      }
    },
  }
}

const makeWhole = async (root: string, at: string, label: string, make: (dir: string) => Promise<void>): Promise<void> => {
  const tmp = join(root, 'tmp', label)
  await rm(tmp, { recursive: true, force: true })
  await mkdir(tmp, { recursive: true })
  await mkdir(join(root, 'objects'), { recursive: true })
  await make(tmp)
  await syncTree(tmp)
  await rename(tmp, at)
  await syncDirectory(join(root, 'objects'))
}

/** Flat folders of large files: few enough to be synced one by one. Trees of many files are synced by their maker. */
const syncTree = async (dir: string): Promise<void> => {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = await open(join(dir, entry.name), 'r')
    await file.sync().finally(() => file.close())
  }
  await syncDirectory(dir)
}

const syncDirectory = async (dir: string): Promise<void> => {
  const handle = await open(dir, 'r')
  await handle.sync().finally(() => handle.close())
}
