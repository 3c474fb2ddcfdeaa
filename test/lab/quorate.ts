import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Event } from '../../src/model/event.js'
import { packageProgram } from '../../src/package.js'

const main = packageProgram('cli/main')

export interface Ended {
  exit: number
  out: string
  err: string
  ms: number
}

export interface Running {
  pid: number
  ended: Promise<Ended>
}

export interface RunOptions {
  state: string
  cwd: string
  /** With `--output events`: called for each event as it happens. */
  onEvent?: (event: Event, running: Running) => void
  limitMs?: number
  /** Put before the command, as to run it in a network of its own. */
  prefix?: readonly string[]
}

/** Runs the command as users do, in a folder of its own. It is ended by force when it takes longer than the limit (default 5 minutes). */
export const quorate = (args: readonly string[], { state, cwd, onEvent, limitMs = 300_000, prefix = [] }: RunOptions): Running => {
  const startedMs = performance.now()
  const env = { ...process.env, QUORATE_STATE: state, NO_COLOR: '1' }
  const [program = '', ...rest] = [...prefix, process.execPath, main, ...args]
  const child = spawn(program, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8')
  })
  const running: Running = {
    pid: child.pid ?? 0,
    ended: new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
      child.once('close', (code, signal) => {
        clearTimeout(timer)
        resolve({ exit: code ?? (signal === 'SIGKILL' ? 137 : 128), out, err, ms: performance.now() - startedMs })
      })
    }),
  }
  if (onEvent) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      out += `${line}\n`
      if (line.startsWith('{')) onEvent(JSON.parse(line) as Event, running)
    })
  } else {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
  }
  return running
}
