import { open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadyBundle, Source } from './bundle.js'
import { cacheRoot } from './cache.js'
import { keyOf, sha256 } from './digest.js'
import { pinsDir, type Wanted } from './pins.js'

/** Raised when the same pins are made into other content: what an older quorate prepared is then no longer taken. */
const recipe = 1

/**
 * Key of everything that decides a bundle: the file of pins, go.mod and go.sum of each module, what is wanted of it, the processor. From the files as
 * they are written, because a warm start has no time to parse them.
 */
export const readyKey = async (wanted: Wanted, dir: string = pinsDir): Promise<string> => {
  const modules = (await readdir(dir, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name)
  const files = ['bundle.yaml', ...modules.sort().flatMap((m) => [`${m}/go.mod`, `${m}/go.sum`])]
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

const pathsOf = (bundle: ReadyBundle): string[] => [
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
export const writeReady = async (root: string, key: string, bundle: ReadyBundle): Promise<void> => {
  const stored = withPaths(bundle, (path) => path.slice(root.length + 1))
  const path = join(root, readyName(key, bundle.source))
  const file = await open(`${path}.${process.pid}`, 'w')
  try {
    await file.writeFile(JSON.stringify(stored, undefined, 2))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.${process.pid}`, path)
}

/** The bundle of a cluster if it is ready; makes nothing. */
export const findBundle = async (wanted: Wanted & { kubernetesVersion: string }): Promise<ReadyBundle | undefined> => {
  const bundle = await readReady(cacheRoot(), await readyKey(wanted), ['modules', 'releases'])
  return bundle?.kubernetesVersion === wanted.kubernetesVersion ? bundle : undefined
}
