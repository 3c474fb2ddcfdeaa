import { chmod, copyFile, link, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import type { Cache, ProduceOptions } from './cache.js'
import { keyOf } from './digest.js'
import { download } from './download.js'
import type { HttpOptions, Patience } from './http.js'
import type { ReleasePin } from './pins.js'
import { shownStep } from './progress.js'
import { type ReleaseFile, releaseFiles } from './release-files.js'
import { filled } from './release-url.js'
import { together } from './together.js'
import { unpackFiles } from './unpack.js'

export interface ReleaseOptions extends ProduceOptions {
  patience?: Patience
}

/** Label of the programs of one release in the cache. */
export const releaseLabel = (pin: ReleasePin): string => `${pin.name}-${keyOf('release', pin, process.arch)}`

/** Downloads at the same time: enough to fill a line, few enough for a server. */
const lanes = 4

/** Bytes on disk of bytes in all, over all files. Of an image's layers only those count that are begun: most programs are in the last. */
class Bytes {
  readonly #of = new Map<string, { done: number; total: number }>()
  constructor(readonly show: (done: number, total: number, note: string) => void) {}
  set({ name, sha256, size }: ReleaseFile, done: number, total = size): void {
    this.#of.set(`${name} ${sha256}`, { done, total: Math.max(done, total) })
    const all = [...this.#of.values()]
    this.show(
      all.reduce((sum, f) => sum + f.done, 0),
      all.reduce((sum, f) => sum + f.total, 0),
      name,
    )
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
      const bytes = new Bytes((done, total, note) => amount(done, total, 'bytes', note))
      amount(0, 0, 'bytes', 'asking for digests')
      const waiting = await together(options.signal, (signal) =>
        missing.map(async (pin) => ({ pin, files: await releaseFiles(pin, { ...options, signal }) })),
      )
      for (const { pin, files } of waiting) for (const file of pin.image ? files.slice(0, 1) : files) bytes.set(file, 0)
      const lane = async (signal: AbortSignal): Promise<void> => {
        const fetched = { ...options, signal }
        for (let one = waiting.shift(); one; one = waiting.shift()) {
          const { pin, files } = one
          await cache.produce(releaseLabel(pin), (out) => fetchRelease(cache, pin, files, out, bytes, fetched), fetched)
        }
      }
      await together(options.signal, (signal) => Array.from({ length: lanes }, () => lane(signal)))
    },
    options.signal,
  )
  const programs: Record<string, string> = {}
  for (const pin of pins) for (const name of pin.programs) programs[name] = join(cache.find(releaseLabel(pin)) ?? '', name)
  return programs
}

/** Downloads are kept outside of the unfinished result, which a killed build loses. Images share layers, so each release has its own. */
const downloadPath = (cache: Cache, pin: ReleasePin, digest: string): string => join(cache.root, 'downloads', `${pin.name}-${digest}`)

/** Path inside the archive, and place on disk, of each program. */
const wantedOf = (pin: ReleasePin, out: string): Map<string, string> =>
  new Map(pin.programs.map((program) => [filled(pin.unpack ?? '', program), join(out, program)]))

const fetchRelease = async (
  cache: Cache,
  pin: ReleasePin,
  files: readonly ReleaseFile[],
  out: string,
  bytes: Bytes,
  options: HttpOptions,
): Promise<void> => {
  const missing = wantedOf(pin, out)
  for (const file of files) {
    const to = downloadPath(cache, pin, file.sha256)
    await download({ ...options, ...file, to, onBytes: (done, total) => bytes.set(file, done, total || file.size) })
    if (file.program) await link(to, join(out, file.program)).catch(() => copyFile(to, join(out, file.program ?? '')))
    // A program may be in more than one layer; the last, which comes first here, is the one that counts.
    else for (const path of await unpackFiles(to, missing, options.signal)) missing.delete(path)
    await rm(to)
    if (!file.program && missing.size === 0) break
  }
  const absent = [...missing.keys()].join(', ')
  if (pin.unpack && absent) throw fault('Q2007', { url: pin.image ?? filled(pin.url ?? '', ''), reason: `no ${absent} in it` })
  for (const program of pin.programs) await chmod(join(out, program), 0o755)
}
