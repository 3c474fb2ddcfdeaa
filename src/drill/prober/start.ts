import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Operation, WatchEvent } from '../../history/types.js'
import { fault } from '../../model/problem.js'
import { packageProgram } from '../../package.js'
import type { Series } from '../samples.js'
import type { ClassHead, Line, Order, ProberConfig } from './protocol.js'
import { type ProberFigures, Samples } from './samples-heard.js'

export interface ProberOptions {
  /** Network namespace by name, as below /run/netns. Absent = this computer's own network. */
  namespace?: string
  onOperation?: (operation: Operation) => void
  onWatchEvent?: (event: WatchEvent) => void
  /** A fault of the prober itself, which it survived. */
  onProblem?: (text: string) => void
}

export interface Prober {
  readonly pid: number
  readonly classes: readonly ClassHead[]
  /** A new set of keys for the history; resolves with what their names begin with, once operations have begun. */
  beginSet(set: string): Promise<{ prefix: string }>
  /**
   * Ends the set: waits for the last operations and for watchers to have seen them, up to `openWithinMs` for a watch that is not open, as
   * to a server that is starting. Resolves with the watchers that have not.
   */
  quiet(openWithinMs?: number): Promise<string[]>
  /** What each class saw of what was due within [fromMs, toMs), monotonic clock. */
  series(fromMs: number, toMs: number): Series[]
  /** Gives up samples that were due before. */
  forget(beforeMs: number): void
  figures(): ProberFigures
  /** Resolves with the reason when the process is gone, `stopped` when it was told to. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/**
 * A client has processors of its own; here it shares them with the whole cluster. Ahead of everybody else it waits for none, and what it
 * uses is little. Where that is not allowed its own stalls tell.
 */
const ahead = 'chrt --rr 1 true 2>/dev/null && exec chrt --rr 1 "$@"; exec "$@"'

const startMs = 10_000
const stopMs = 2000
/** Beginning a set waits 3 s for watches; ending one waits for operations, a fence and watchers. */
const orderMs = 100_000

/**
 * Starts the prober as a process of its own. Keys go to it by standard input only. It begins to read at once; writes begin with the first
 * set. Throws Fault Q6501 when it does not start, Q6502 from any order when it has ended by itself.
 */
export const startProber = async (config: ProberConfig, options: ProberOptions = {}): Promise<Prober> => {
  const node = [process.execPath, '--max-old-space-size=192', packageProgram('drill/prober/main')]
  const enter = options.namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${options.namespace}`, '--']
  const [file = process.execPath, ...args] = [...enter, 'sh', '-c', ahead, 'sh', ...node]
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  return await new Handle(child, options).begin(config)
}

class Handle {
  readonly #samples = new Samples()
  readonly #waiting: { matches: (line: Line) => boolean; resolve: (line: Line) => void; reject: (error: unknown) => void }[] = []
  readonly ended: Promise<string>
  #stopping = false
  #why: string | undefined
  #said = ''

  constructor(
    private readonly child: ChildProcess,
    private readonly options: ProberOptions,
  ) {
    child.stdin?.on('error', () => undefined)
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString('utf8')).slice(-2000)
    })
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (text) => this.#hear(text))
    this.ended = new Promise((resolve) => {
      const end = (why: string): void => {
        if (this.#why !== undefined) return
        this.#why = this.#stopping ? 'stopped' : why
        for (const one of this.#waiting.splice(0)) one.reject(this.#fault())
        resolve(this.#why)
      }
      child.once('error', (error) => end(error.message))
      child.once('close', (code, signal) => end(`${signal ?? `exit status ${code}`} ${this.#said.trim().slice(-300)}`.trim()))
    })
  }

  async begin(config: ProberConfig): Promise<Prober> {
    const classes = this.#next((line) => 'classes' in line, startMs)
    this.child.stdin?.write(`${JSON.stringify(config)}\n`)
    try {
      const line = await classes
      if ('classes' in line) this.#samples.begin(line.classes)
    } catch (error) {
      this.child.kill('SIGKILL')
      throw fault('Q6501', { reason: this.#why ?? 'it said nothing' }, { cause: error })
    }
    return {
      pid: this.child.pid ?? 0,
      classes: this.#samples.heads,
      ended: this.ended,
      beginSet: async (set) => {
        const line = await this.#order({ do: 'set', set }, (one) => 'set' in one && one.set === set)
        return { prefix: 'prefix' in line ? line.prefix : '' }
      },
      quiet: async (openWithinMs = 0) => {
        const line = await this.#order({ do: 'quiet', openWithinMs }, (one) => 'quiet' in one, orderMs + openWithinMs)
        return 'unended' in line ? line.unended : []
      },
      series: (fromMs, toMs) => this.#samples.series(fromMs, toMs),
      forget: (beforeMs) => this.#samples.forget(beforeMs),
      figures: () => this.#samples.figures(),
      stop: () => this.#stop(),
    }
  }

  #fault(): unknown {
    return fault('Q6502', { reason: this.#why ?? 'no answer' })
  }

  #hear(text: string): void {
    let line: Line
    try {
      line = JSON.parse(text) as Line
    } catch {
      this.options.onProblem?.(`not a line of the prober: ${text.slice(0, 200)}`)
      return
    }
    if ('s' in line) this.#samples.add(line.s)
    else if ('op' in line) this.options.onOperation?.(line.op)
    else if ('w' in line) this.options.onWatchEvent?.(line.w)
    else if ('own' in line) this.#samples.own(line.own)
    else if ('problem' in line) this.options.onProblem?.(line.problem)
    const at = this.#waiting.findIndex((one) => one.matches(line))
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.resolve(line)
  }

  #next(matches: (line: Line) => boolean, withinMs: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      if (this.#why !== undefined) {
        reject(this.#fault())
        return
      }
      const timer = setTimeout(() => reject(this.#fault()), withinMs)
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer)
          then(value)
        }
      this.#waiting.push({ matches, resolve: settle(resolve), reject: settle(reject) })
    })
  }

  #order(order: Order, matches: (line: Line) => boolean, withinMs = orderMs): Promise<Line> {
    const answer = this.#next(matches, withinMs)
    this.child.stdin?.write(`${JSON.stringify(order)}\n`)
    return answer
  }

  async #stop(): Promise<void> {
    this.#stopping = true
    if (this.#why !== undefined) return
    this.child.stdin?.write(`${JSON.stringify({ do: 'stop' })}\n`)
    const timer = setTimeout(() => this.child.kill('SIGKILL'), stopMs)
    await this.ended
    clearTimeout(timer)
  }
}
