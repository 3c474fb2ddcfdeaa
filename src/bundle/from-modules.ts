import { join } from 'node:path'
import type { Emit } from '../model/event.js'
import type { Cache, ProduceOptions } from './cache.js'
import { keyOf } from './digest.js'
import { buildInputs, buildModule, goVersion, listPackages } from './go-build.js'
import type { ModulePin } from './pins.js'
import { shownStep } from './progress.js'

/** Label of the programs of one module in the cache. */
export const moduleLabel = async (dir: string, pin: ModulePin, go: string): Promise<string> =>
  `${pin.name}-${keyOf(await buildInputs(join(dir, pin.module), pin, go))}`

type Packages = Awaited<ReturnType<typeof listPackages>>

/** Packages done of packages in all, over all modules that are built. */
class Tally {
  readonly #of = new Map<string, { done: number; total: number }>()
  constructor(readonly show: (done: number, total: number, note: string) => void) {}
  set(module: string, done: number, total: number, note: string): void {
    this.#of.set(module, { done, total })
    const all = [...this.#of.values()]
    this.show(
      all.reduce((sum, m) => sum + m.done, 0),
      all.reduce((sum, m) => sum + m.total, 0),
      note,
    )
  }
}

/**
 * Gives the path of every program, compiling what the cache does not hold. Sources of all modules are fetched at once, and each module is compiled as
 * soon as it has its own: the network and the processor are busy at the same time. Modules are compiled one after another, because one fills all cores
 * and they share what they have of Go's own packages. Throws Faults Q2001, Q2002, Q2003, Q2010.
 */
export const programsFromModules = async (
  cache: Cache,
  dir: string,
  pins: readonly ModulePin[],
  emit: Emit,
  options: ProduceOptions,
): Promise<Record<string, string>> => {
  const go = await goVersion()
  const labels = new Map(await Promise.all(pins.map(async (pin) => [pin, await moduleLabel(dir, pin, go)] as const)))
  const found = (pin: ModulePin): string | undefined => cache.find(labels.get(pin) ?? '')
  await shownStep(
    emit,
    'bundle/programs',
    'programs from Go modules',
    async (amount) => {
      const missing = pins.filter((pin) => !found(pin))
      if (missing.length === 0) return
      const stop = new AbortController()
      const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
      const tally = new Tally((done, total, note) => amount(done, total, 'packages', note))
      const listed = new Map<ModulePin, Promise<{ pin: ModulePin; packages: Packages }>>()
      for (const pin of missing) {
        const packages = listPackages(join(dir, pin.module), pin, signal).then((list) => {
          tally.set(pin.name, list.fresh, list.all.size, `sources of ${pin.name}`)
          return { pin, packages: list }
        })
        packages.catch(() => undefined)
        listed.set(pin, packages)
      }
      amount(0, 0, 'packages', 'fetching sources')
      try {
        while (listed.size > 0) {
          const { pin, packages } = await Promise.race(listed.values())
          listed.delete(pin)
          await cache.produce(
            labels.get(pin) ?? pin.name,
            (out) => buildModule(join(dir, pin.module), pin, out, packages, (p) => tally.set(pin.name, p.done, p.total, p.note), signal),
            { ...options, signal },
          )
          tally.set(pin.name, packages.all.size, packages.all.size, pin.name)
        }
      } finally {
        // Nothing may go on working in Go's caches after the caller has seen a failure.
        stop.abort(new Error('another module failed'))
        await Promise.allSettled(listed.values())
      }
    },
    options.signal,
  )
  const programs: Record<string, string> = {}
  for (const pin of pins) for (const program of pin.programs) programs[program.as] = join(found(pin) ?? '', program.as)
  return programs
}
