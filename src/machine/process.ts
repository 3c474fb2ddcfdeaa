import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { type Fault, fault } from '../model/problem.js'
import type { CommandResult, RunOptions } from './machine.js'
import { Kept, Lines } from './output.js'

/** After SIGKILL a process may still hang in the kernel (a dead disk). Nobody waits for it longer than this. */
const killGraceMs = 2000

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
  const shown = pasteable(argv).slice(0, 300)
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(argv[0], argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const forget = endWithUs(child)
    let failure: unknown
    let grace: NodeJS.Timeout | undefined
    const settle = (): void => {
      clearTimeout(timer)
      clearTimeout(grace)
      forget()
      signal?.removeEventListener('abort', onAbort)
    }
    const giveUp = (): void => {
      settle()
      for (const stream of [child.stdout, child.stderr, child.stdin]) stream.destroy()
      child.unref()
      reject(failure)
    }
    const end = (why: unknown): void => {
      failure ??= why
      killGroup(child.pid)
      grace ??= setTimeout(giveUp, killGraceMs)
    }
    const onAbort = (): void => end(signal?.reason)
    const timer = setTimeout(() => end(fault('Q3002', { command: shown, timeoutMs })), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })

    const stdout = kept(child.stdout)
    const stderr = kept(child.stderr)
    if (options.onLine) forLines(child.stderr, options.onLine)
    // A command may end without reading its input; that is its own business.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')

    child.on('error', (error) => {
      settle()
      reject(failure ?? fault('Q3001', { command: shown, exit: 127, stderr: error.message }, { cause: error }))
    })
    // Once it is ended nobody waits for its output: another process may hold that open, as the master of a shared SSH connection does.
    child.on('exit', () => {
      if (failure !== undefined) giveUp()
    })
    child.on('close', (code, ended) => {
      // Ended by itself, and given up before its output was: that is told, too.
      if (failure !== undefined) {
        giveUp()
        return
      }
      settle()
      const exit = code ?? 128 + (ended ? constants.signals[ended] : 0)
      const result = { exit, stdout: stdout(), stderr: stderr(), ms: performance.now() - startedMs }
      if (exit === 0 || options.allowFailure) resolve(result)
      else reject(commandFault(shown, result))
    })
  })
}

/** What a command that exited other than 0 ends in: Q3012 where the disk was full, else Q3001 with the end of what it said. */
export const commandFault = (command: string, result: CommandResult, machine?: string): Fault => {
  const said = (result.stderr.trim() || result.stdout.trim()).slice(-600)
  const where = machine === undefined ? {} : { machine }
  if (/No space left on device|Disk quota exceeded/.test(result.stderr)) return fault('Q3012', { command, said: lastLine(said) }, where)
  return fault('Q3001', { command, exit: result.exit, stderr: said }, where)
}

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

const killGroup = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

const running = new Set<ChildProcess>()
/** A group of its own does not see the terminal's Ctrl-C, so whoever is still running is ended when this process exits. */
const endWithUs = (child: ChildProcess): (() => void) => {
  if (!process.listeners('exit').includes(endAll)) process.on('exit', endAll)
  running.add(child)
  return () => running.delete(child)
}
const endAll = (): void => {
  for (const child of running) killGroup(child.pid)
}

const kept = (stream: NodeJS.ReadableStream): (() => string) => {
  const bytes = new Kept()
  stream.on('data', (chunk: Buffer) => bytes.push(chunk))
  return () => bytes.text()
}

const forLines = (stream: NodeJS.ReadableStream, onLine: (line: string) => void): void => {
  const lines = new Lines(onLine)
  stream.on('data', (chunk: Buffer) => lines.push(chunk))
  stream.on('end', () => lines.end())
}
