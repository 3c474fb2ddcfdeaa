import { type ChildProcess, spawn } from 'node:child_process'
import { eachLine } from '../../../src/elect/guard-message.js'
import { packageProgram } from '../../../src/package.js'
import { childrenOf } from './family.js'

export type Said = { type: string; [field: string]: unknown }

/** One `quorate elect` as a process, with what it says as data. */
export class ElectorProcess {
  readonly said: Said[] = []
  readonly exit: Promise<number | null>
  readonly process: ChildProcess
  #stderr = ''

  constructor(
    readonly args: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.process = spawn(process.execPath, [packageProgram('cli/main'), 'elect', '--log', 'json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    const line = eachLine((text) => {
      try {
        this.said.push(JSON.parse(text) as Said)
      } catch {
        this.#stderr += `${text}\n`
      }
    })
    this.process.stderr?.on('data', line)
    this.exit = new Promise((resolve) => this.process.once('close', (code) => resolve(code)))
  }

  /** What it said that was not an event. */
  get stderr(): string {
    return this.#stderr
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get active(): boolean {
    const last = this.said.findLast((one) => ['elected', 'ended', 'standing-by'].includes(one.type))
    return last?.type === 'elected' && this.running
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null
  }

  /** Its guard and whatever runs below that: the program itself and what it started. */
  family(): { guards: number[]; workers: number[] } {
    const guards = childrenOf(this.pid)
    return { guards, workers: guards.flatMap(childrenOf) }
  }

  async until(what: string, holds: (it: ElectorProcess) => boolean, limitMs = 20_000): Promise<void> {
    const limit = Date.now() + limitMs
    while (!holds(this)) {
      if (Date.now() > limit) throw new Error(`waited in vain for ${what}: ${JSON.stringify(this.said.slice(-8))} ${this.#stderr}`)
      await new Promise((done) => setTimeout(done, 5))
    }
  }

  async end(): Promise<void> {
    if (!this.running) return
    this.process.kill('SIGCONT')
    this.process.kill('SIGKILL')
    await this.exit
  }
}
