import { open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadyBundle, Source } from './bundle.js'
import { cacheRoot } from './cache.js'
import { keyOf, sha256 } from './digest.js'
import { manifestName } from './manifest.js'
import { moduleFiles, pinsDir, type Wanted } from './pins.js'

/** Raised when the same pins are made into other content: what an older quorate prepared is then no longer taken. */
const recipe = 1

/**
 * Key of everything that decides a bundle: the file of pins, the files of each module, what is wanted of it, the processor. From the files as
 * they are written, because a warm start has no time to parse them.
 */
export const readyKey = async (wanted: Wanted, dir: string = pinsDir): Promise<string> => {
  const modules = (await readdir(dir, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name)
  const own = await Promise.all(modules.sort().map(async (m) => (await moduleFiles(join(dir, m))).map((name) => `${m}/${name}`)))
  const files = ['bundle.yaml', ...own.flat()]
  const digests = await Promise.all(files.map(async (file) => [file, sha256(await readFile(join(dir, file)))]))
  return keyOf(recipe, digests, wanted.metallb, process.arch)
}

export const readyName = (key: string, source: Source): string => `ready-${key}-${source}.json`

/** Applies `change` to every path of a bundle. */
const withPaths = (bundle: ReadyBundle, change: (path: string) => string): ReadyBundle => ({
  ...bundle,
  rootfs: change(bundle.rootfs),
  layer: change(bundle.layer),
  containerd: change(bundle.containerd),
  emptyEtcdSnapshot: change(bundle.emptyEtcdSnapshot),
  binaries: Object.fromEntries(Object.entries(bundle.binaries).map(([name, path]) => [name, change(path)])),
  images: bundle.images.map((i) => ({ ...i, archive: change(i.archive) })),
})

/** Every path of a bundle. */
export const pathsOf = (bundle: ReadyBundle): string[] => [
  bundle.rootfs,
  bundle.layer,
  bundle.containerd,
  bundle.emptyEtcdSnapshot,
  ...Object.values(bundle.binaries),
  ...bundle.images.map((i) => i.archive),
]

/** The finished bundle for a key, if all of it is there: a warm start reads one small file, and looks whether each path exists. */
export const readReady = async (root: string, key: string, sources: readonly Source[]): Promise<ReadyBundle | undefined> => {
  for (const source of sources) {
    try {
      const stored = JSON.parse(await readFile(join(root, readyName(key, source)), 'utf8')) as ReadyBundle
      const bundle = withPaths(stored, (path) => join(root, path))
      await Promise.all(pathsOf(bundle).map((path) => stat(path)))
      return bundle
    } catch {
      // Never made, or somebody cleared the cache: it is made again from what is left.
    }
  }
  return undefined
}

/** Paths are kept below the cache's folder, so that an archive of it works on another computer. */
export const writeReady = (root: string, key: string, bundle: ReadyBundle): Promise<void> =>
  storeReady(
    root,
    readyName(key, bundle.source),
    withPaths(bundle, (path) => path.slice(root.length + 1)),
  )

/** Writes a ready file whose paths are relative already, whole or not at all. */
export const storeReady = async (root: string, name: string, stored: ReadyBundle): Promise<void> => {
  const path = join(root, name)
  const file = await open(`${path}.${process.pid}`, 'w')
  try {
    await file.writeFile(JSON.stringify(stored, undefined, 2))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.${process.pid}`, path)
}

/** sha256 of each object's list of digests, by label. */
export const digestsOfObjects = async (root: string, labels: readonly string[]): Promise<Record<string, string>> => {
  const sorted = [...new Set(labels)].sort()
  const lists = await Promise.all(sorted.map((label) => readFile(join(root, 'objects', label, manifestName))))
  return Object.fromEntries(sorted.map((label, n) => [label, sha256(lists[n] ?? '')]))
}

const sources: readonly Source[] = ['modules', 'releases']
const allWanted: readonly Wanted[] = [{ metallb: false }, { metallb: true }]

/** Names of the ready files that this quorate would take. */
export const possibleNames = async (dir?: string): Promise<string[]> => {
  const keys = await Promise.all(allWanted.map((wanted) => readyKey(wanted, dir)))
  return keys.flatMap((key) => sources.map((source) => readyName(key, source)))
}

/** Every finished bundle of these pins: plain, and with what only some clusters want. */
export const readyBundles = async (root: string, dir?: string): Promise<{ key: string; wanted: Wanted; bundle: ReadyBundle }[]> => {
  const found = []
  for (const wanted of allWanted) {
    const key = await readyKey(wanted, dir)
    const bundle = await readReady(root, key, sources)
    if (bundle) found.push({ key, wanted, bundle })
  }
  return found
}

/** The bundle of a cluster if it is ready; makes nothing. */
export const findBundle = async (wanted: Wanted & { kubernetesVersion: string }): Promise<ReadyBundle | undefined> => {
  const bundle = await readReady(cacheRoot(), await readyKey(wanted), ['modules', 'releases'])
  return bundle?.kubernetesVersion === wanted.kubernetesVersion ? bundle : undefined
}
