import { chmod, copyFile, link, mkdir, readFile, rename, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runProcess } from '../machine/process.js'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import { type Cache, keyOf, openCache } from './cache.js'
import { makeContainerdTemplate } from './containerd-template.js'
import { makeEmptySnapshot } from './empty-etcd.js'
import { buildInputs, buildModule, goVersion } from './go-build.js'
import { ensureHostPackages } from './host-packages.js'
import { type ImageFile, writeImage } from './oci-image.js'
import { type ImagePin, type Pins, pinsDir, readPins, select } from './pins.js'
import { libraryClosure, makeRootfs, writeVersions } from './rootfs.js'

/** Everything that machines of a cluster are made of, on this computer's disk. Paths are absolute. */
export interface Bundle {
  kubernetesVersion: string
  /** Debian root file system. */
  rootfs: string
  /** Tree laid over it, or copied to hosts: programs and what steps need. */
  layer: string
  /** Path of every program by name. */
  binaries: Record<string, string>
  images: { reference: string; archive: string; digest: string }[]
  /** A /var/lib/containerd with all images unpacked. */
  containerd: string
  /** Changes when anything above does. */
  digest: string
}

export interface BundleOptions {
  kubernetesVersion: string
  metallb?: boolean
  source: 'modules' | 'releases' | 'auto'
  emit: Emit
  signal?: AbortSignal
  cache?: Cache
}

const neededBytes = 6 * 1024 ** 3

/** Shown as one step of progress each. */
const step = async <T>(
  emit: Emit,
  id: string,
  title: string,
  work: (progress: (done: number, total: number, unit: string, note?: string) => void) => Promise<T>,
): Promise<T> => {
  const startedMs = performance.now()
  let started = false
  const begin = (): void => {
    if (!started) emit({ type: 'step.started', step: id, title })
    started = true
  }
  const value = await work((done, total, unit, note) => {
    begin()
    emit({ type: 'step.progress', step: id, done, total, unit, ...(note ? { note } : {}) })
  })
  if (started) emit({ type: 'step.done', step: id, title, ms: performance.now() - startedMs, changed: true })
  return value
}

/**
 * Gives the bundle for one version, building only what the cache does not hold: programs from Go modules, beside them the root file system, then
 * images, then containerd's prepared folder. Two at once share the work; a killed one goes on where it stopped.
 */
export const ensureBundle = async (options: BundleOptions): Promise<Bundle> => {
  const { emit, signal } = options
  const cache = options.cache ?? openCache()
  const all = await readPins()
  if (all.kubernetesVersion !== options.kubernetesVersion)
    throw fault('Q2009', { have: all.kubernetesVersion, want: options.kubernetesVersion })
  const pins = select(all, { metallb: options.metallb === true })
  const known = await readReady(cache, pins)
  if (known) return known
  await ensureHostPackages(emit)
  await requireSpace(cache)
  const go = await goVersion()
  // The root file system waits for the network and the disk, compiling for the processor: side by side they cost hardly more than one.
  const rootfsDone = step(emit, 'bundle/rootfs', 'Debian root file system', (progress) =>
    cache.produce('rootfs', keyOf(pins.debian), async (dir) => {
      let lines = 0
      progress(0, 1, 'file system')
      await makeRootfs(dir, pins.debian, () => progress(0, 1, 'file system', `${++lines} lines`), signal)
      progress(1, 1, 'file system')
    }),
  )
  rootfsDone.catch(() => undefined)
  const built: Record<string, string> = {}
  for (const pin of pins.modules) {
    const dir = await step(emit, `bundle/${pin.module}`, `${pin.programs.map((p) => p.as).join(', ')}`, async (progress) =>
      cache.produce(pin.module, keyOf(await buildInputs(join(pinsDir, pin.module), pin), go), async (out) => {
        await buildModule(join(pinsDir, pin.module), pin, out, (p) => progress(p.done, p.total, 'packages', p.note), signal)
      }),
    )
    for (const program of pin.programs) built[program.as] = join(dir, program.as)
  }
  const rootfs = join(await rootfsDone, 'root')
  return await assemble({ cache, pins, built, rootfs, emit })
}

interface Parts {
  cache: Cache
  pins: Pins
  built: Record<string, string>
  rootfs: string
  emit: Emit
}

/** From programs and a root file system to images, layer and containerd's folder. Shared by every source. */
export const assemble = async ({ cache, pins, built, rootfs, emit }: Parts): Promise<Bundle> => {
  const programKey = keyOf(
    pins.modules,
    pins.images,
    pins.install,
    basename(dirname(rootfs)),
    Object.values(built).map((p) => basename(dirname(p))),
  )
  built['pause'] = join(await cache.produce('pause', keyOf(pauseSource), makePause), 'pause')
  const imagesDir = await step(emit, 'bundle/images', 'container images', (progress) =>
    cache.produce('images', programKey, async (dir) => {
      const list: Bundle['images'] = []
      for (const pin of pins.images) {
        progress(list.length, pins.images.length, 'images', pin.reference)
        const archive = join(dir, `${pin.program}.tar`)
        const digest = await writeImage(archive, {
          reference: pin.reference,
          files: await imageFiles(pin, built, rootfs),
          ...(pin.entrypoint ? { entrypoint: pin.entrypoint } : {}),
          ...(pin.user ? { user: pin.user } : {}),
        })
        list.push({ reference: pin.reference, archive: basename(archive), digest })
      }
      await writeFile(join(dir, 'images.json'), JSON.stringify(list, undefined, 2))
    }),
  )
  const listed = JSON.parse(await readFile(join(imagesDir, 'images.json'), 'utf8')) as Bundle['images']
  const images = listed.map((i) => ({ ...i, archive: join(imagesDir, i.archive) }))
  const layerDir = await step(emit, 'bundle/layer', 'programs laid out', () =>
    cache.produce('layer', programKey, (dir) => makeLayer(dir, pins, built)),
  )
  const layer = join(layerDir, 'root')
  const bin = join(layer, 'usr/local/bin')
  const containerdDir = await step(emit, 'bundle/containerd', 'images unpacked', (progress) =>
    cache.produce('containerd', programKey, async (dir) => {
      progress(0, 1, 'store')
      await makeContainerdTemplate(
        dir,
        bin,
        images.map((i) => i.archive),
      )
      progress(1, 1, 'store')
    }),
  )
  const bundle: Bundle = {
    kubernetesVersion: pins.kubernetesVersion,
    rootfs,
    layer,
    binaries: built,
    images,
    containerd: join(containerdDir, 'root'),
    digest: keyOf(
      programKey,
      images.map((i) => i.digest),
    ),
  }
  await writeReady(cache, pins, bundle)
  return bundle
}

const imageFiles = async (pin: ImagePin, built: Record<string, string>, rootfs: string): Promise<ImageFile[]> => {
  const program = (name: string): string => {
    const at = built[name]
    if (!at) throw new Error(`image ${pin.reference} wants ${name}, which is in no module`)
    return at
  }
  const own = [
    { path: pin.path, source: program(pin.program), mode: 0o755 },
    ...(pin.also ?? []).map((name) => ({ path: join(dirname(pin.path), name), source: program(name), mode: 0o755 })),
  ]
  const debian = await Promise.all((pin.debian ?? []).map((path) => libraryClosure(rootfs, path)))
  const libraries = new Map(debian.flat().map((f) => [f.path, { ...f, mode: 0o755 }]))
  return [...own, ...libraries.values()]
}

const makeLayer = async (dir: string, pins: Pins, built: Record<string, string>): Promise<void> => {
  const root = join(dir, 'root')
  for (const [folder, names] of Object.entries(pins.install)) {
    await mkdir(join(root, folder), { recursive: true })
    for (const name of names) {
      const from = built[name]
      if (!from) throw new Error(`${name} is to be installed, and no module builds it`)
      await link(from, join(root, folder, name)).catch(() => copyFile(from, join(root, folder, name)))
      await chmod(join(root, folder, name), 0o755)
    }
  }
  const share = join(root, 'usr/local/share/quorate')
  await mkdir(share, { recursive: true })
  await writeVersions(join(share, 'versions'), pins)
  await makeEmptySnapshot(join(share, 'empty-etcd.db'), join(root, 'usr/local/bin'))
}

/** Holds a pod's namespaces and reaps what is left to it; ends on request. */
const pauseSource = `#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`

const makePause = async (dir: string): Promise<void> => {
  await writeFile(join(dir, 'pause.c'), pauseSource)
  await runProcess(['gcc', '-Os', '-static', '-s', '-o', join(dir, 'pause'), join(dir, 'pause.c')], { timeoutMs: 60_000 })
}

const requireSpace = async (cache: Cache): Promise<void> => {
  await mkdir(cache.root, { recursive: true })
  const { bavail, bsize } = await statfs(cache.root)
  if (bavail * bsize < neededBytes)
    throw fault('Q2003', {
      where: `the bundle in ${cache.root} (${Math.round((bavail * bsize) / 1024 ** 2)} MiB free, ${neededBytes / 1024 ** 2} MiB needed)`,
    })
}

/** One small file per set of pins says where everything is, so that a warm start reads it and nothing else. */
const readyPath = (cache: Cache, pins: Pins): string => join(cache.root, `ready-${keyOf(pins, process.arch)}.json`)

const readReady = async (cache: Cache, pins: Pins): Promise<Bundle | undefined> => {
  try {
    const bundle = JSON.parse(await readFile(readyPath(cache, pins), 'utf8')) as Bundle
    await Promise.all(
      [bundle.rootfs, bundle.layer, bundle.containerd, ...Object.values(bundle.binaries), ...bundle.images.map((i) => i.archive)].map((p) =>
        statfs(p),
      ),
    )
    return bundle
  } catch {
    return undefined
  }
}

const writeReady = async (cache: Cache, pins: Pins, bundle: Bundle): Promise<void> => {
  const path = readyPath(cache, pins)
  await writeFile(`${path}.new`, JSON.stringify(bundle, undefined, 2))
  await rename(`${path}.new`, path)
}
