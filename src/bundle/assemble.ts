import { basename, dirname, join } from 'node:path'
import type { Emit } from '../model/event.js'
import type { ReadyBundle, Source } from './bundle.js'
import type { Cache, ProduceOptions } from './cache.js'
import { makeContainerdTemplate } from './containerd-template.js'
import { keyOf } from './digest.js'
import { makeImages, readImages } from './images.js'
import { makeLayer, snapshotPath } from './layer.js'
import { makePause, pauseSource } from './pause.js'
import type { Pins } from './pins.js'
import { shownStep } from './progress.js'
import { digestsOfObjects } from './ready.js'

export interface Parts {
  cache: Cache
  pins: Pins
  source: Source
  /** Path of each program, below a folder of the cache. */
  programs: Readonly<Record<string, string>>
  rootfs: string
  emit: Emit
  options: ProduceOptions
}

const labelOf = (path: string): string => basename(path)

/** From programs and a root file system to images, layer and containerd's folder. The same for every source. */
export const assemble = async ({ cache, pins, source, programs, rootfs, emit, options }: Parts): Promise<ReadyBundle> => {
  const pauseDir = await cache.produce(`pause-${keyOf(pauseSource)}`, (dir) => makePause(dir, options.signal), options)
  const binaries: Record<string, string> = { ...programs, pause: join(pauseDir, 'pause') }
  const madeOf = [...new Set(Object.values(binaries).map((p) => labelOf(dirname(p))))].sort()
  const rootfsLabel = labelOf(dirname(rootfs))
  const imagesDir = await shownStep(emit, 'bundle/images', 'container images', (amount) =>
    cache.produce(
      `images-${keyOf(pins.images, madeOf, rootfsLabel)}`,
      (dir) => makeImages(dir, pins.images, binaries, rootfs, amount),
      options,
    ),
  )
  const images = await readImages(imagesDir)
  const layerDir = await cache.produce(
    `layer-${keyOf(pins.install, madeOf)}`,
    (dir) => makeLayer(dir, pins, binaries, options.signal),
    options,
  )
  const layer = join(layerDir, 'root')
  const containerdDir = await shownStep(emit, 'bundle/containerd', 'images unpacked', (amount) =>
    cache.produce(
      `store-${keyOf(labelOf(imagesDir), labelOf(layerDir))}`,
      (dir) => makeContainerdTemplate(dir, join(layer, 'usr/local/bin'), images, amount, options.signal),
      options,
    ),
  )
  const objects = await digestsOfObjects(cache.root, [...madeOf, rootfsLabel, ...[imagesDir, layerDir, containerdDir].map(labelOf)])
  return {
    kubernetesVersion: pins.kubernetesVersion,
    source,
    rootfs,
    layer,
    binaries,
    images,
    containerd: join(containerdDir, 'root'),
    emptyEtcdSnapshot: join(layer, snapshotPath),
    digest: keyOf(Object.keys(objects).sort()),
    objects,
  }
}
