import { join } from 'node:path'
import type { ReadyBundle, Source } from './bundle.js'
import type { Cache } from './cache.js'
import { moduleLabel } from './from-modules.js'
import { releaseLabel } from './from-releases.js'
import { goVersion } from './go-build.js'
import { type ManifestEntry, readManifest } from './manifest.js'
import { type Pins, pinsDir, readPins, select } from './pins.js'
import { readyBundles } from './ready.js'
import { rootfsLabel } from './rootfs.js'

/** One part of the bundle: a program, an image, the root file system, or what is made of them. */
export interface BundlePart {
  name: string
  version: string
  kind: 'program' | 'image' | 'tree'
  source: Source | 'debian' | 'quorate'
  present: boolean
  sizeBytes?: number
  /** sha256 of a program; of an image's manifest; key of a tree's inputs. */
  digest?: string
}

/** What is on disk: label of the object of each program, and of the root file system. */
interface Labels {
  source: Source
  programs: Map<string, string>
}

const labelsOf = async (pins: Pins, dir: string, source: Source, go: string | undefined): Promise<Labels> => {
  const programs = new Map<string, string>()
  if (source === 'releases') for (const pin of pins.releases) for (const name of pin.programs) programs.set(name, releaseLabel(pin))
  else if (go) for (const pin of pins.modules) for (const { as } of pin.programs) programs.set(as, await moduleLabel(dir, pin, go))
  return { source, programs }
}

/** Lists of objects, each read once. */
const manifests = (cache: Cache) => {
  const read = new Map<string, Promise<ManifestEntry[]>>()
  return (label: string | undefined): Promise<ManifestEntry[]> => {
    if (!label || !cache.find(label)) return Promise.resolve([])
    const known = read.get(label) ?? readManifest(join(cache.root, 'objects', label))
    read.set(label, known)
    return known
  }
}

const treeSize = (entries: readonly ManifestEntry[]): number => entries.reduce((sum, e) => sum + e.size, 0)

const labelOfPath = (cache: Cache, path: string): string => path.slice(cache.root.length + 1).split('/')[1] ?? ''

/** Every part of the bundle as it is pinned, and whether this computer has it. Reads lists only, no program is run but `go env`. */
export const listBundle = async (cache: Cache, dir: string = pinsDir): Promise<BundlePart[]> => {
  const ready = await readyBundles(cache.root, dir)
  const bundle = ready.at(-1)?.bundle
  const pins = select(await readPins(dir), ready.at(-1)?.wanted ?? { metallb: false })
  const go = bundle ? undefined : await goVersion().catch(() => undefined)
  const source = bundle?.source ?? (go ? 'modules' : 'releases')
  const labels = await labelsOf(pins, dir, source, go)
  const listOf = manifests(cache)
  const programs = pins.modules
    .flatMap((m) => m.programs)
    .map((program) => programPart(cache, program.as, program.version, labels, bundle, listOf))
  return [
    ...(await Promise.all(programs)),
    ...(await imageParts(cache, pins, bundle, listOf)),
    ...(await treeParts(cache, pins, bundle, listOf)),
  ]
}

type ListOf = (label: string | undefined) => Promise<ManifestEntry[]>

const programPart = async (
  cache: Cache,
  name: string,
  version: string,
  { source, programs }: Labels,
  bundle: ReadyBundle | undefined,
  listOf: ListOf,
): Promise<BundlePart> => {
  const at = bundle?.binaries[name]
  const entry = (await listOf(at ? labelOfPath(cache, at) : programs.get(name))).find((e) => e.path === name)
  const found = entry ? { sizeBytes: entry.size, digest: `sha256:${entry.is}` } : {}
  return { name, version, kind: 'program', source, present: entry !== undefined, ...found }
}

const imageParts = async (cache: Cache, pins: Pins, bundle: ReadyBundle | undefined, listOf: ListOf): Promise<BundlePart[]> => {
  const list = await listOf(bundle?.images[0] && labelOfPath(cache, bundle.images[0].archive))
  return pins.images.map(({ reference, program }) => {
    const [, name = reference, version = ''] = /^(.*):([^:/]+)$/.exec(reference) ?? []
    const digest = bundle?.images.find((i) => i.reference === reference)?.digest
    const sizeBytes = list.find((e) => e.path === `${program}.tar`)?.size
    const found = digest && sizeBytes !== undefined ? { digest, sizeBytes } : {}
    return { name, version, kind: 'image', source: 'quorate', present: digest !== undefined, ...found }
  })
}

const treeParts = async (cache: Cache, pins: Pins, bundle: ReadyBundle | undefined, listOf: ListOf): Promise<BundlePart[]> => {
  const part = async (name: string, version: string, source: 'debian' | 'quorate', label: string | undefined): Promise<BundlePart> => {
    const present = label !== undefined && cache.find(label) !== undefined
    const found = present ? { sizeBytes: treeSize(await listOf(label)), digest: label.replace(/^.*-/, 'key:') } : {}
    return { name, version, kind: 'tree', source, present, ...found }
  }
  const of = (path: string | undefined) => (bundle && path ? labelOfPath(cache, path) : undefined)
  return Promise.all([
    part('rootfs', pins.debian.suite, 'debian', of(bundle?.rootfs) ?? rootfsLabel(pins.debian)),
    part('layer', pins.kubernetesVersion, 'quorate', of(bundle?.layer)),
    part('store', pins.kubernetesVersion, 'quorate', of(bundle?.containerd)),
  ])
}
