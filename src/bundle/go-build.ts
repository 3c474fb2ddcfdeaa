import { spawn } from 'node:child_process'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { runProcess } from '../machine/process.js'
import { fault } from '../model/problem.js'
import type { ModulePin } from './pins.js'

export interface BuildProgress {
  done: number
  total: number
  /** The package that is being compiled. */
  note: string
}

const environment = (pin: ModulePin): NodeJS.ProcessEnv => ({
  ...process.env,
  CGO_ENABLED: pin.cgo ? '1' : '0',
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
})

/** Debug information is left out: it doubles the size of what every machine gets. -trimpath makes the result independent of where it was built. */
const flags = (pin: ModulePin): string[] => [
  '-trimpath',
  '-buildvcs=false',
  '-ldflags',
  ['-s', '-w', ...(pin.ldflags ?? [])].join(' '),
  '-tags',
  (pin.tags ?? []).join(','),
]

export const goVersion = async (): Promise<string> => {
  const result = await runProcess(['go', 'env', 'GOVERSION'], { timeoutMs: 20_000 }).catch(() => undefined)
  if (!result) throw fault('Q2001')
  return result.stdout.trim()
}

/** Everything that decides what `buildModule` gives, for the key of the cache: the go.sum holds the digest of every source. */
export const buildInputs = async (dir: string, pin: ModulePin): Promise<unknown[]> => [
  pin,
  await readFile(join(dir, 'go.mod'), 'utf8'),
  await readFile(join(dir, 'go.sum'), 'utf8'),
  process.arch,
]

/**
 * Builds the programs of one module into `out`. Progress counts packages: those that are up to date in Go's own cache count as done from the start,
 * which is also why a build that was killed goes on where it stopped.
 */
export const buildModule = async (
  dir: string,
  pin: ModulePin,
  out: string,
  onProgress: (p: BuildProgress) => void,
  signal?: AbortSignal,
): Promise<void> => {
  await mkdir(out, { recursive: true })
  const { total, stale } = await countPackages(dir, pin, signal)
  let done = total - stale
  onProgress({ done, total, note: '' })
  await go(dir, pin, ['build', '-v', ...flags(pin), '-o', `${out}/`, 'tool'], signal, (line) => {
    // -v names each package when its compilation starts; other lines are downloads.
    if (line.startsWith('go: ') || line.includes(' ')) return
    done = Math.min(done + 1, total)
    onProgress({ done, total, note: line })
  })
  for (const program of pin.programs) {
    if (program.output && program.output !== program.as) await rename(join(out, program.output), join(out, program.as))
  }
  onProgress({ done: total, total, note: '' })
}

const countPackages = async (dir: string, pin: ModulePin, signal?: AbortSignal): Promise<{ total: number; stale: number }> => {
  const lines: string[] = []
  const args = ['list', '-deps', '-f', '{{if not .Standard}}{{.ImportPath}} {{.Stale}}{{end}}', ...flags(pin), 'tool']
  await go(
    dir,
    pin,
    args,
    signal,
    () => undefined,
    (line) => lines.push(line),
  )
  const packages = lines.filter(Boolean)
  return { total: packages.length, stale: packages.filter((l) => l.endsWith(' true')).length }
}

const go = (
  dir: string,
  pin: ModulePin,
  args: readonly string[],
  signal: AbortSignal | undefined,
  onStderr: (line: string) => void,
  onStdout: (line: string) => void = () => undefined,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd: dir, env: environment(pin), stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) })
    const tail: string[] = []
    eachLine(child.stdout, onStdout)
    eachLine(child.stderr, (line) => {
      tail.push(line)
      if (tail.length > 12) tail.shift()
      onStderr(line)
    })
    child.on('error', (error) => reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? fault('Q2001', {}, { cause: error }) : error))
    child.on('close', (code) => {
      if (code === 0) return resolve()
      const text = tail.join('\n')
      const full = /no space left on device/.test(text)
      reject(full ? fault('Q2003', { where: "Go's build cache" }) : fault('Q2002', { module: pin.module, output: text.slice(-800) }))
    })
  })

const eachLine = (stream: NodeJS.ReadableStream, onLine: (line: string) => void): void => {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => rest && onLine(rest))
}
