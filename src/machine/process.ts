import { spawn } from 'node:child_process'
import { fault } from '../model/problem.js'
import type { CommandResult, RunOptions } from './machine.js'

/** Output kept of one stream; a command that prints more is cut there and goes on. */
const outputLimit = 64 * 1024 * 1024

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/
/** One word of a command line as a POSIX shell reads it back. */
export const shellQuote = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** A command line that can be pasted into a shell. */
export const pasteable = (argv: readonly string[]): string => argv.map(shellQuote).join(' ')

/**
 * Runs a program on this computer, in a process group of its own that is ended whole. Throws Fault Q3001 when it exits other than 0
 * (unless allowed), Q3002 at the deadline, and the signal's reason on abort.
 */
export const runProcess = (argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<CommandResult> => {
  const { timeoutMs = 60_000, signal } = options
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(argv[0], argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let kept = 0
    let failure: unknown
    const end = (why: unknown): void => {
      failure = why
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const timer = setTimeout(() => end(fault('Q3002', { command: pasteable(argv).slice(0, 300), timeoutMs })), timeoutMs)
    const onAbort = (): void => end(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      kept += chunk.length
      if (kept <= outputLimit) into.push(chunk)
    }
    child.stdout.on('data', keep(stdout))
    child.stderr.on('data', keep(stderr))
    if (options.onLine) forLines(child.stderr, options.onLine)
    // A command may end without reading its input; that is its own business.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    child.on('error', (error) => {
      settle()
      reject(fault('Q3001', { command: pasteable(argv).slice(0, 300), exit: 127, stderr: error.message }, { cause: error }))
    })
    child.on('close', (code, ended) => {
      settle()
      if (failure !== undefined) return reject(failure)
      const result: CommandResult = {
        exit: code ?? 128 + signalNumber(ended),
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
        ms: performance.now() - startedMs,
      }
      if (result.exit === 0 || options.allowFailure) return resolve(result)
      const said = result.stderr.trim() || result.stdout.trim()
      reject(fault('Q3001', { command: pasteable(argv).slice(0, 300), exit: result.exit, stderr: said.slice(-600) }))
    })
  })
}

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

const signalNumber = (name: NodeJS.Signals | null): number => (name === 'SIGKILL' ? 9 : name === 'SIGTERM' ? 15 : name === 'SIGINT' ? 2 : 1)

const forLines = (stream: NodeJS.ReadableStream, onLine: (line: string) => void): void => {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}
