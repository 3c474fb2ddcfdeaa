import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../machine/process.js'
import { tryProcessLock } from '../machine/process-lock.js'
import { manifestName, writeManifest } from './manifest.js'

/** $QUORATE_CACHE, default ~/.cache/quorate. May be deleted at any time while no lab and no build runs: all of it can be made again. */
export const cacheRoot = (): string => process.env.QUORATE_CACHE || join(homedir(), '.cache', 'quorate')

export interface ProduceOptions {
  signal?: AbortSignal
  /** Called once when another build makes the same; `who` is "quorate, process 123, since 06:12:01". */
  waiting?: (who: string) => void
}

export interface Cache {
  root: string
  /** Folder of a finished artefact; undefined when it was never finished. Its name is `label`: NAME-KEY. */
  find(label: string): string | undefined
  /**
   * Gives the folder of an artefact, making it when there is none. `make` fills a fresh folder; with a list of its digests, and on disk, it is renamed to
   * its place: what a killed build leaves is never taken for a result. Of two builds at once one works, the other waits and takes the result.
   */
  produce(label: string, make: (dir: string) => Promise<void>, options?: ProduceOptions): Promise<string>
  /** Takes a finished folder with its list, on the same disk, for the artefact; one that is there already stays, since machines may stand on it. */
  adopt(label: string, dir: string, options?: ProduceOptions): Promise<string>
  /** Lends a fresh folder on the cache's disk for a piece of work, one at a time for a label. */
  scratch<T>(label: string, work: (dir: string) => Promise<T>, options?: ProduceOptions): Promise<T>
  /** Removes what killed builds left and nobody works on, and old downloads. */
  sweep(): Promise<void>
}

export const openCache = (root: string = cacheRoot()): Cache => {
  const place = (label: string): string => join(root, 'objects', label)
  const find = (label: string): string | undefined => (existsSync(join(place(label), manifestName)) ? place(label) : undefined)
  const scratch = <T>(label: string, work: (dir: string) => Promise<T>, options: ProduceOptions = {}): Promise<T> =>
    underLock(root, label, options, () => withFolder(root, label, work))
  return {
    root,
    find,
    scratch,
    produce: async (label, make, options = {}) => {
      const found = find(label)
      // When something was used last decides what may be cleared away; that it cannot be noted does no harm.
      if (found) await utimes(found, new Date(), new Date()).catch(() => undefined)
      if (found) return found
      return underLock(
        root,
        label,
        options,
        async () =>
          find(label) ??
          (await withFolder(root, label, async (tmp) => {
            await make(tmp)
            await writeManifest(tmp, options.signal)
            await syncTree(tmp)
            return moveTo(tmp, place(label))
          })),
      )
    },
    adopt: async (label, dir, options = {}) =>
      find(label) ?? underLock(root, label, options, async () => find(label) ?? moveTo(dir, place(label))),
    sweep: async () => {
      for (const name of await readdir(join(root, 'tmp')).catch(() => [])) {
        const lock = await tryProcessLock(lockName(root, name.replace(/\.[^.]*$/, '')))
        if (!lock) continue
        await rm(join(root, 'tmp', name), { recursive: true, force: true }).finally(() => lock.release())
      }
      for (const name of await readdir(join(root, 'downloads')).catch(() => [])) {
        const path = join(root, 'downloads', name)
        const { mtimeMs } = await stat(path)
        if (Date.now() - mtimeMs > keptDownloadMs) await rm(path, { force: true })
      }
    },
  }
}

/** A broken download is gone on with for so long. */
const keptDownloadMs = 3 * 24 * 3_600_000

const lockName = (root: string, label: string): string => `bundle ${join(root, 'objects', label)}`

/** Waits until nobody else works on a label, then works on it. */
const underLock = async <T>(root: string, label: string, { signal, waiting }: ProduceOptions, work: () => Promise<T>): Promise<T> => {
  for (let told = false; ; told = true) {
    signal?.throwIfAborted()
    const lock = await tryProcessLock(lockName(root, label))
    if (lock) return await work().finally(() => lock.release())
    if (!told) waiting?.(await ownerOf(root, label))
    await sleep(200)
  }
}

/** Under the lock of the label. */
const withFolder = async <T>(root: string, label: string, work: (dir: string) => Promise<T>): Promise<T> => {
  await mkdir(join(root, 'tmp'), { recursive: true })
  // What dead builds of the same left; the lock says that they are dead.
  for (const name of await readdir(join(root, 'tmp')))
    if (name.startsWith(`${label}.`)) await rm(join(root, 'tmp', name), { recursive: true, force: true })
  const owner = join(root, 'tmp', `${label}.owner`)
  await writeFile(owner, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }))
  const tmp = await mkdtemp(join(root, 'tmp', `${label}.`))
  await chmod(tmp, 0o755)
  try {
    return await work(tmp)
  } finally {
    await rm(tmp, { recursive: true, force: true })
    await rm(owner, { force: true })
  }
}

const moveTo = async (from: string, to: string): Promise<string> => {
  await mkdir(dirname(to), { recursive: true })
  // Without its list it is not a result: an older quorate's, or somebody's.
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
  await syncOne(dirname(to))
  return to
}

const ownerOf = async (root: string, label: string): Promise<string> => {
  try {
    const { pid, since } = JSON.parse(await readFile(join(root, 'tmp', `${label}.owner`), 'utf8')) as { pid: number; since: string }
    return `quorate, process ${pid}, since ${since.slice(11, 19)} UTC`
  } catch {
    return 'another quorate'
  }
}

/** A flat folder of large files is synced file by file; a tree of many small ones with its whole file system, which is quicker. */
export const syncTree = async (dir: string): Promise<void> => {
  const entries = await readdir(dir, { withFileTypes: true })
  if (entries.some((e) => e.isDirectory())) {
    await runProcess(['sync', '-f', dir], { timeoutMs: 300_000 })
    return
  }
  for (const entry of entries) if (entry.isFile()) await syncOne(join(dir, entry.name))
  await syncOne(dir)
}

const syncOne = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}
