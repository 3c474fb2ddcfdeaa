import { join } from 'node:path'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import { assemble } from './assemble.js'
import type { Bundle, ReadyBundle, Source } from './bundle.js'
import { type Cache, openCache, type ProduceOptions } from './cache.js'
import { programsFromModules } from './from-modules.js'
import { programsFromReleases } from './from-releases.js'
import { goVersion } from './go-build.js'
import { ensureHostPackages } from './host-packages.js'
import { type Pins, pinsDir, readPins, select } from './pins.js'
import { type Amount, shownStep } from './progress.js'
import { readReady, readyKey, writeReady } from './ready.js'
import { makeRootfs, rootfsLabel } from './rootfs.js'
import { asDiskFull, coldBytes, requireSpace } from './space.js'
import { together } from './together.js'

export type { Bundle } from './bundle.js'

export interface BundleOptions {
  kubernetesVersion: string
  metallb?: boolean
  /** `auto` takes what is ready, else modules where Go is installed, else releases. */
  source: 'modules' | 'releases' | 'auto'
  emit: Emit
  signal?: AbortSignal
  cache?: Cache
  /** Folder with bundle.yaml. */
  pinsDir?: string
  /** Refuse to begin with less space than this. */
  neededBytes?: number
}

const sourcesOf = (source: BundleOptions['source']): Source[] => (source === 'auto' ? ['modules', 'releases'] : [source])

/**
 * Gives the bundle for one version, making only what the cache does not hold: programs from Go modules or official releases, beside them the root file
 * system, then images, then containerd's prepared folder. Two at once share the work; a killed one goes on where it stopped. Ready, it takes
 * milliseconds. Throws Faults Q2001 to Q2007, Q2009, Q2010.
 */
export const ensureBundle = async (options: BundleOptions): Promise<Bundle> => (await prepareBundle(options)).bundle

/** As `ensureBundle`, telling what it is made of, and how many parts were made now. */
export const prepareBundle = async (options: BundleOptions): Promise<{ bundle: ReadyBundle; made: number }> => {
  const dir = options.pinsDir ?? pinsDir
  const cache = options.cache ?? openCache()
  const wanted = { metallb: options.metallb === true }
  const key = await readyKey(wanted, dir)
  const known = await readReady(cache.root, key, sourcesOf(options.source))
  if (known?.kubernetesVersion === options.kubernetesVersion) return { bundle: known, made: 0 }
  const pins = select(await readPins(dir), wanted)
  if (pins.kubernetesVersion !== options.kubernetesVersion)
    throw fault('Q2009', { have: pins.kubernetesVersion, want: options.kubernetesVersion })
  const { emit } = options
  // Asked first: without Go, nothing else has to be fetched only to fail then.
  const source = await chooseSource(options.source, emit)
  await requireSpace(cache.root, options.neededBytes ?? coldBytes)
  await cache.sweep()
  await ensureHostPackages(emit)
  const counted = counting(cache)
  const produce = (signal?: AbortSignal): ProduceOptions => ({
    ...(signal ? { signal } : {}),
    waiting: (who) => emit({ type: 'note', level: 'info', text: `waiting for a build of the same: ${who}` }),
  })
  try {
    // The root file system waits for the network and the disk, compiling for the processor: side by side they cost hardly more than one.
    const work = (signal: AbortSignal) =>
      [rootfsOf(counted, pins, emit, signal, produce(signal)), programsOf(source, counted, dir, pins, emit, produce(signal))] as const
    const [rootfs, programs] = await together(options.signal, work)
    const bundle = await assemble({ cache: counted, pins, source, programs, rootfs, emit, options: produce(options.signal) })
    await writeReady(cache.root, key, bundle)
    return { bundle, made: counted.made() }
  } catch (error) {
    throw asDiskFull(error, `the bundle in ${cache.root}`)
  }
}

const rootfsOf = async (cache: Cache, pins: Pins, emit: Emit, signal: AbortSignal, options: ProduceOptions): Promise<string> => {
  const work = (amount: Amount) => cache.produce(rootfsLabel(pins.debian), (out) => makeRootfs(out, pins.debian, amount, signal), options)
  return join(await shownStep(emit, 'bundle/rootfs', 'Debian root file system', work, signal), 'root')
}

const chooseSource = async (asked: BundleOptions['source'], emit: Emit): Promise<Source> => {
  if (asked === 'releases') return 'releases'
  try {
    await goVersion()
    return 'modules'
  } catch (error) {
    if (asked === 'modules') throw error
    emit({ type: 'note', level: 'info', text: 'no Go on this computer that could build the programs: taking the official releases' })
    return 'releases'
  }
}

const programsOf = (
  source: Source,
  cache: Cache,
  dir: string,
  pins: Pins,
  emit: Emit,
  options: ProduceOptions,
): Promise<Record<string, string>> =>
  source === 'modules'
    ? programsFromModules(cache, dir, pins.modules, emit, options)
    : programsFromReleases(cache, pins.releases, emit, options)

/** A cache that counts what was made in it. */
const counting = (cache: Cache): Cache & { made(): number } => {
  let made = 0
  return {
    ...cache,
    made: () => made,
    produce: (label, make, options) => cache.produce(label, (dir) => make(dir).then(() => void made++), options),
  }
}
