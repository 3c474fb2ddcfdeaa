import { chmod, copyFile, link, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import type { Cache, ProduceOptions } from './cache.js'
import { keyOf } from './digest.js'
import { download } from './download.js'
import { getText, type HttpOptions, type Patience } from './http.js'
import { goArch, type ReleasePin } from './pins.js'
import { shownStep } from './progress.js'
import { imageLayers } from './registry.js'
import { digestInList, filled, mirrored } from './release-url.js'
import { unpackFiles } from './unpack.js'

export interface ReleaseOptions extends ProduceOptions {
  patience?: Patience
}

/** Label of the programs of one release in the cache. */
export const releaseLabel = (pin: ReleasePin): string => `${pin.name}-${keyOf('release', pin, process.arch)}`

/** Downloads at the same time: enough to fill a line, few enough for a server. */
const lanes = 4

/** Bytes on disk of bytes in all, over all files; a file counts from when its size is known. */
class Bytes {
  readonly #of = new Map<string, { done: number; total: number }>()
  constructor(readonly show: (done: number, total: number, note: string) => void) {}
  of(name: string): (done: number, total: number) => void {
    return (done, total) => {
      this.#of.set(name, { done, total: Math.max(done, total) })
      const all = [...this.#of.values()]
      this.show(
        all.reduce((sum, f) => sum + f.done, 0),
        all.reduce((sum, f) => sum + f.total, 0),
        name,
      )
    }
  }
}

/**
 * Gives the path of every program, downloading what the cache does not hold, each file checked against the digest that its project publishes. A broken
 * download is gone on with. Throws Faults Q2006 and Q2007.
 */
export const programsFromReleases = async (
  cache: Cache,
  pins: readonly ReleasePin[],
  emit: Emit,
  options: ReleaseOptions,
): Promise<Record<string, string>> => {
  const missing = pins.filter((pin) => !cache.find(releaseLabel(pin)))
  await shownStep(
    emit,
    'bundle/programs',
    'programs from releases',
    async (amount) => {
      if (missing.length === 0) return
      const stop = new AbortController()
      const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
      const bytes = new Bytes((done, total, note) => amount(done, total, 'bytes', note))
      amount(0, 0, 'bytes', 'asking for digests')
      const waiting = [...missing]
      const lane = async (): Promise<void> => {
        for (let pin = waiting.shift(); pin; pin = waiting.shift()) {
          const one = pin
          await cache.produce(releaseLabel(one), (out) => fetchRelease(cache, one, out, bytes, { ...options, signal }), {
            ...options,
            signal,
          })
        }
      }
      const all = Array.from({ length: lanes }, lane)
      try {
        await Promise.all(all)
      } finally {
        stop.abort(new Error('another download failed'))
        await Promise.allSettled(all)
      }
    },
    options.signal,
  )
  const programs: Record<string, string> = {}
  for (const pin of pins) for (const name of pin.programs) programs[name] = join(cache.find(releaseLabel(pin)) ?? '', name)
  return programs
}

const fetchRelease = async (cache: Cache, pin: ReleasePin, out: string, bytes: Bytes, options: HttpOptions): Promise<void> => {
  if (pin.image) await fromImage(cache, pin, pin.image, out, bytes, options)
  else if (pin.unpack) await fromArchive(cache, pin, out, bytes, options)
  else for (const program of pin.programs) await fromFile(cache, pin, program, out, bytes, options)
  for (const program of pin.programs) await chmod(join(out, program), 0o755)
}

/** Downloads are kept outside of the unfinished result, which a killed build loses. Images share layers, so each release has its own. */
const downloadPath = (cache: Cache, pin: ReleasePin, digest: string): string => join(cache.root, 'downloads', `${pin.name}-${digest}`)

/** Fetches one pinned file; gives its place among the downloads. */
const fetchFile = async (cache: Cache, pin: ReleasePin, program: string, bytes: Bytes, options: HttpOptions): Promise<string> => {
  const official = filled(pin.url ?? '', program)
  const name = official.split('/').at(-1) ?? pin.name
  const sha256 = pin.sha256?.[goArch()] ?? (await publishedDigest(pin, program, name, options))
  const to = downloadPath(cache, pin, sha256)
  await download({ ...options, url: mirrored(official), name, sha256, to, onBytes: bytes.of(name) })
  return to
}

const publishedDigest = async (pin: ReleasePin, program: string, file: string, options: HttpOptions): Promise<string> => {
  const url = mirrored(filled(pin.checksum ?? '', program))
  const { text, status } = await getText(url, options)
  const digest = status === 200 ? digestInList(text, file) : undefined
  if (!digest) throw fault('Q2007', { url, reason: status === 200 ? `no digest of ${file} in it` : `the server answers ${status}` })
  return digest
}

const fromFile = async (cache: Cache, pin: ReleasePin, program: string, out: string, bytes: Bytes, options: HttpOptions): Promise<void> => {
  const file = await fetchFile(cache, pin, program, bytes, options)
  await link(file, join(out, program)).catch(() => copyFile(file, join(out, program)))
  await rm(file)
}

/** Path inside the archive, and place on disk, of each program. */
const wantedOf = (pin: ReleasePin, out: string): Map<string, string> =>
  new Map(pin.programs.map((program) => [filled(pin.unpack ?? '', program), join(out, program)]))

const requireAll = (wanted: ReadonlyMap<string, string>, found: ReadonlySet<string>, url: string): void => {
  const absent = [...wanted.keys()].filter((path) => !found.has(path))
  if (absent.length > 0) throw fault('Q2007', { url, reason: `no ${absent.join(', ')} in it` })
}

const fromArchive = async (cache: Cache, pin: ReleasePin, out: string, bytes: Bytes, options: HttpOptions): Promise<void> => {
  const file = await fetchFile(cache, pin, '', bytes, options)
  const wanted = wantedOf(pin, out)
  requireAll(wanted, await unpackFiles(file, wanted, options.signal), filled(pin.url ?? '', ''))
  await rm(file)
}

const fromImage = async (
  cache: Cache,
  pin: ReleasePin,
  reference: string,
  out: string,
  bytes: Bytes,
  options: HttpOptions,
): Promise<void> => {
  const wanted = wantedOf(pin, out)
  const found = new Set<string>()
  for (const { url, sha256, size, headers } of await imageLayers(reference, options)) {
    const to = downloadPath(cache, pin, sha256)
    const shown = bytes.of(pin.name)
    await download({ ...options, url, name: reference, sha256, to, headers, onBytes: (done) => shown(done, size) })
    // A program may be replaced in a later layer; those came first.
    const rest = new Map([...wanted].filter(([path]) => !found.has(path)))
    for (const path of await unpackFiles(to, rest, options.signal)) found.add(path)
    await rm(to)
    if (found.size === wanted.size) return
  }
  requireAll(wanted, found, reference)
}
