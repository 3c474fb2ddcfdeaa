import { mkdir, readFile, rename } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { runProcess } from '../machine/process.js'
import { Fault, fault } from '../model/problem.js'
import { contained } from './contained.js'
import { type ModulePin, moduleFiles } from './pins.js'

export interface BuildProgress {
  done: number
  total: number
  /** The package that is being compiled. */
  note: string
}

const hour = 3_600_000

/**
 * Debug information is left out: it doubles the size of what every machine gets. It is not even made: without it the compilers have a tenth less to do, and the
 * linker would throw it away. -trimpath makes the result independent of where it was built.
 */
const flags = (pin: ModulePin): string[] => [
  '-trimpath',
  '-gcflags=all=-dwarf=false',
  '-buildvcs=false',
  '-mod=readonly',
  '-ldflags',
  ['-s', '-w', ...(pin.ldflags ?? [])].join(' '),
  '-tags',
  (pin.tags ?? []).join(','),
]

/** From 1.21 on, Go fetches by itself the version that a go.mod asks for. */
const isOldGo = (version: string): boolean => {
  const [, minor] = /^go1\.(\d+)/.exec(version) ?? []
  return minor !== undefined && Number(minor) < 21
}

/** "go1.26.8". Throws Fault Q2001 without Go, Q2010 with one that cannot read today's go.mod. */
export const goVersion = async (): Promise<string> => {
  const result = await runProcess(['go', 'env', 'GOVERSION'], { timeoutMs: 20_000 }).catch(() => undefined)
  if (!result) throw fault('Q2001')
  const version = result.stdout.trim()
  if (isOldGo(version)) throw fault('Q2010', { version })
  return version
}

/** Everything that decides what `buildModule` gives, for the key of the cache: the go.sum holds the digest of every source. */
export const buildInputs = async (dir: string, pin: ModulePin, go: string): Promise<unknown[]> => [
  pin,
  flags(pin),
  await Promise.all((await moduleFiles(dir)).map((name) => readFile(join(dir, name), 'utf8'))),
  go,
  process.arch,
]

/** Lists the packages of one module's programs, which downloads their sources. `fresh` are up to date in Go's own cache. */
export const listPackages = async (dir: string, pin: ModulePin, signal?: AbortSignal): Promise<{ all: Set<string>; fresh: number }> => {
  const format = '{{.ImportPath}} {{.Stale}}'
  const tools = pin.programs.map((p) => p.tool)
  const { stdout } = await go(dir, pin, ['list', '-deps', '-f', format, ...flags(pin), ...tools], { ...(signal ? { signal } : {}) })
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('unsafe '))
  return { all: new Set(lines.map((line) => line.split(' ')[0] ?? '')), fresh: lines.filter((line) => line.endsWith(' false')).length }
}

/**
 * Builds the programs of one module into `out`. Progress counts packages: those that are up to date in Go's own cache count as done from the start,
 * which is also why a build that was killed goes on where it stopped. Throws Fault Q2002 with the compiler's words, Q2003 without space.
 */
export const buildModule = async (
  dir: string,
  pin: ModulePin,
  out: string,
  packages: { all: Set<string>; fresh: number },
  onProgress: (p: BuildProgress) => void,
  signal?: AbortSignal,
): Promise<void> => {
  await mkdir(out, { recursive: true })
  const total = packages.all.size
  const begun = new Set<string>()
  onProgress({ done: packages.fresh, total, note: '' })
  await go(dir, pin, ['build', '-v', ...flags(pin), '-o', `${out}/`, ...pin.programs.map((p) => p.tool)], {
    ...(signal ? { signal } : {}),
    // -v names each package when its compilation begins; the one before it is done by then, give or take the number of cores.
    onLine: (line) => {
      if (!packages.all.has(line)) return
      begun.add(line)
      onProgress({ done: Math.min(packages.fresh + begun.size - 1, total), total, note: line })
    },
  })
  for (const program of pin.programs) {
    if (program.output && program.output !== program.as) await rename(join(out, program.output), join(out, program.as))
  }
  onProgress({ done: total, total, note: '' })
}

/**
 * The compiler collects its garbage as if memory were dear; where there is plenty, it collects none until a process has this much, which saves a tenth
 * of a cold build. One process a core, and room for the linker.
 */
const memorySettings = (): string[] => {
  const each = Math.floor(totalmem() / 2 ** 20 / (2 * availableParallelism()))
  return each >= 1500 ? ['GOGC=off', `GOMEMLIMIT=${each}MiB`] : []
}

const go = async (
  dir: string,
  pin: ModulePin,
  args: readonly string[],
  options: { signal?: AbortSignal; onLine?: (line: string) => void },
): Promise<{ stdout: string }> => {
  const settings = [`CGO_ENABLED=${pin.cgo ? 1 : 0}`, 'GOWORK=off', 'GOFLAGS=', ...memorySettings()]
  const argv = contained(['env', '-C', dir, ...settings, 'go', ...args])
  const result = await runProcess(argv, { timeoutMs: hour, allowFailure: true, ...options }).catch((error: unknown) => {
    if (error instanceof Fault && error.problem.code === 'Q3002')
      throw fault('Q2002', { module: pin.name, output: 'not done after an hour' }, { cause: error })
    throw error
  })
  if (result.exit === 0) return result
  const said = result.stderr.trim()
  if (/no space left on device/.test(said)) throw fault('Q2003', { where: "Go's caches" })
  // What comes before is one line for each package; the errors are at the end.
  throw fault('Q2002', { module: pin.name, output: said.split('\n').slice(-12).join('\n').slice(-800) })
}
