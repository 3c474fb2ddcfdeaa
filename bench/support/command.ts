import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { packageProgram } from '../../src/package.js'

/** The program as it is shipped, made by scripts/prepare. */
export const main = packageProgram('cli/main')

const running = new Set<ChildProcess>()

/** Starts quorate as users do. */
export const start = (args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/** Asks every run that is under way to stop at its next safe point, and waits until they have: a drill mends what it broke. */
export const stopAll = (): Promise<unknown> =>
  Promise.all(
    [...running].map((child) => {
      child.kill('SIGINT')
      return new Promise((resolve) => child.once('close', resolve))
    }),
  )

export interface Measured {
  exit: number
  out: string
  err: string
  ms: number
  /** Largest resident set of the process itself, without those that it starts. */
  peakMiB: number
}

const peakOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** Runs quorate and measures it from outside. Throws when it fails: a figure of a failed run is none. */
export const measure = async (args: readonly string[], limitMs = 300_000): Promise<Measured> => {
  const startedMs = performance.now()
  const child = start(args)
  let [out, err, peakMiB] = ['', '', 0]
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8')
  })
  const look = setInterval(() => {
    void peakOf(child.pid ?? 0).then((value) => {
      peakMiB = Math.max(peakMiB, value)
    })
  }, 100)
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const exit = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 137)))
  clearInterval(look)
  clearTimeout(limit)
  const ms = performance.now() - startedMs
  if (exit !== 0) throw new Error(`quorate ${args.join(' ')} ended with ${exit}\n${out}\n${err}`)
  return { exit, out, err, ms, peakMiB }
}
