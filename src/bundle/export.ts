import { lstat, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Emit } from '../model/event.js'
import { Fault, fault } from '../model/problem.js'
import { type ArchiveIndex, indexName } from './archive-index.js'
import type { ReadyBundle } from './bundle.js'
import type { Cache } from './cache.js'
import { readManifest } from './manifest.js'
import { shownStep } from './progress.js'
import { readyBundles, readyName } from './ready.js'
import { asDiskFull } from './space.js'
import { runTar } from './tar-program.js'
import { verifyObjects } from './verify.js'

export interface ArchiveOptions {
  cache: Cache
  /** Folder with bundle.yaml. */
  pinsDir?: string
  emit: Emit
  signal?: AbortSignal
}

const indexOf = async (cache: Cache, bundles: readonly { key: string; bundle: ReadyBundle }[]): Promise<ArchiveIndex> => {
  const ready: Record<string, string> = {}
  for (const { key, bundle } of bundles) {
    const name = readyName(key, bundle.source)
    ready[name] = await readFile(join(cache.root, name), 'utf8')
  }
  return {
    format: 'quorate-bundle/1',
    kubernetesVersion: bundles[0]?.bundle.kubernetesVersion ?? '',
    arch: process.arch,
    ready,
    objects: Object.assign({}, ...bundles.map((b) => b.bundle.objects)),
  }
}

/** Bytes to be archived: of files with several names, only one. */
const sizeOf = async (cache: Cache, labels: readonly string[]): Promise<number> => {
  const sizes = new Map<number, number>()
  for (const label of labels) {
    const dir = join(cache.root, 'objects', label)
    for (const entry of await readManifest(dir)) if (entry.size > 0) sizes.set((await lstat(join(dir, entry.path))).ino, entry.size)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/**
 * Writes every finished bundle of these pins into one archive, whole or not at all; what lies in the cache is compared with its digests before. Throws
 * Faults Q2003, Q2006 (several together as an AggregateError), Q2011.
 */
export const exportBundle = async (
  file: string,
  { cache, pinsDir, emit, signal }: ArchiveOptions,
): Promise<{ path: string; sizeBytes: number }> => {
  const path = resolve(file)
  const bundles = await readyBundles(cache.root, pinsDir)
  if (bundles.length === 0) throw fault('Q2011')
  const index = await indexOf(cache, bundles)
  const problems = await verifyObjects({ at: join(cache.root, 'objects'), objects: index.objects, emit, ...(signal ? { signal } : {}) })
  if (problems.length > 0) throw new AggregateError(problems.map((p) => new Fault(p)))
  const labels = Object.keys(index.objects).sort()
  const head = await mkdtemp(join(tmpdir(), 'quorate-export-'))
  const part = `${path}.${process.pid}.part`
  try {
    await writeFile(join(head, indexName), JSON.stringify(index))
    const total = await sizeOf(cache, labels)
    const objects = labels.map((label) => `objects/${label}`)
    await shownStep(emit, 'bundle/export', 'archive', (amount) =>
      runTar(['--sort=name', '-cf', part, '-C', head, indexName, '-C', cache.root, ...objects], total, amount, signal),
    )
    await syncAndMove(part, path)
    return { path, sizeBytes: (await stat(path)).size }
  } catch (error) {
    throw asDiskFull(error, path)
  } finally {
    await rm(part, { force: true })
    await rm(head, { recursive: true, force: true })
  }
}

const syncAndMove = async (from: string, to: string): Promise<void> => {
  for (const [path, then] of [[from, () => rename(from, to)] as const, [dirname(to), async () => undefined] as const]) {
    const handle = await open(path, 'r')
    await handle.sync().finally(() => handle.close())
    await then()
  }
}
