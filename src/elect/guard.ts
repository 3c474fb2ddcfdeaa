import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageProgram } from '../package.js'
import { leftMs, readClock } from './clock.js'
import { type Deadlines, eachLine, type FromGuard, lineOf, type ToGuard } from './guard-message.js'
import { type Family, familyOf, killAll, membersOf, signalGroup } from './processes.js'

/** How COMMAND ended: an exit code, or the signal that ended it. */
export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  /** COMMAND was never running. */
  failed?: string
  /** ... because the lease had been taken too long ago: worth another try. */
  late?: boolean
}

/**
 * The elector's side of one guard process: one guard runs one COMMAND. If the guard dies or hangs, what it should have done is done from
 * here. Tells 'message' for each FromGuard. `ended` resolves when nothing of COMMAND runs any more, however that came about.
 */
export class Guard extends EventEmitter<{ message: [FromGuard] }> {
  readonly #process: ChildProcess
  readonly #channel: Duplex
  readonly #mark = `QUORATE_TERM=${randomUUID()}`
  #deadlines: Deadlines | undefined
  #stopBy: number | undefined
  #family: Family | undefined
  #backstop: NodeJS.Timeout | undefined
  readonly ended: Promise<Ending>
  /** Resolves when the guard is up, or will never be. */
  readonly ready: Promise<void>
  #isReady: () => void = () => {}
  #settle: (ending: Ending) => void = () => {}
  #over = false

  constructor() {
    super()
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve
    })
    this.#process = spawn(process.execPath, ['--max-old-space-size=32', packageProgram('elect/guard-main')], {
      // A session of its own: Ctrl-Z and Ctrl-C in the terminal reach the elector only.
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    })
    this.#channel = this.#process.stdio[3] as Duplex
    this.#channel.on('error', () => {})
    this.#channel.on(
      'data',
      eachLine((line) => this.#hear(JSON.parse(line) as FromGuard)),
    )
    this.#process.once('error', (error) => void this.#guardGone(error.message))
    this.#process.once('exit', (_code, signal) => void this.#guardGone(`the guard ended (${signal ?? 'by itself'})`))
  }

  /** False once its COMMAND or the guard itself is over: then another guard is needed. */
  get usable(): boolean {
    return !this.#over
  }

  /** Process id of the guard itself. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  #hear(message: FromGuard): void {
    if (message.say === 'ready') this.#isReady()
    if (message.say === 'started') this.#family = familyOf(message.pid, this.#mark)
    if (message.say === 'ended') this.#finish({ code: message.code, signal: message.signal })
    if (message.say === 'failed') this.#finish({ code: null, signal: null, failed: message.reason, late: message.late === true })
    this.emit('message', message)
  }

  #send(message: ToGuard): void {
    if (!this.#channel.destroyed) this.#channel.write(lineOf(message))
  }

  #finish(ending: Ending): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#backstop)
    this.#isReady()
    this.#settle(ending)
  }

  start(command: readonly string[], env: NodeJS.ProcessEnv, graceMs: number, deadlines: Deadlines): void {
    const [name = '', value = ''] = this.#mark.split('=')
    const all = Object.fromEntries(Object.entries({ ...env, [name]: value }).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])))
    this.#deadlines = deadlines
    this.#send({ say: 'start', command: [...command], env: all, mark: this.#mark, graceMs, deadlines })
    this.#backstop = setInterval(() => this.#check(), 50)
  }

  /** The lease was renewed: COMMAND may run until these. */
  feed(deadlines: Deadlines): void {
    this.#deadlines = deadlines
    this.#send({ say: 'feed', deadlines })
  }

  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs: number): void {
    this.#stopBy ??= performance.now() + graceMs
    this.#send({ say: 'stop', graceMs })
  }

  kill(): void {
    this.#send({ say: 'kill' })
    if (this.#family) signalGroup(this.#family, 'SIGKILL')
    // And again from #check, should the guard hang.
    this.#deadlines = { termAt: readClock(), killAt: readClock() }
  }

  /** Without COMMAND: lets the guard go. */
  close(): void {
    clearInterval(this.#backstop)
    this.#channel.destroy()
  }

  /** The guard should have acted some time ago. */
  #check(): void {
    const lateMs = this.#deadlines ? -leftMs(this.#deadlines.killAt, readClock()) : 0
    const overStayMs = this.#stopBy === undefined ? 0 : performance.now() - this.#stopBy
    // The group at once, for the price of one call; looking for everything else only where the guard seems to be unable to.
    if (this.#family && (lateMs > 0 || overStayMs > 200)) signalGroup(this.#family, 'SIGKILL')
    if (Math.max(lateMs, overStayMs - 200) > 500) this.#killOurselves()
  }

  #killOurselves(): void {
    if (!this.#family || this.#over || killAll(this.#family).length > 0) return
    // Dead, and the guard does not say so: it hangs.
    setTimeout(() => {
      if (!this.#over) this.#process.kill('SIGKILL')
    }, 300).unref()
  }

  async #guardGone(reason: string): Promise<void> {
    if (this.#over) return
    const family = this.#family ?? familyOf(0, this.#mark)
    // Also when the guard had no time to say that it started something.
    const started = this.#family !== undefined || membersOf(family).length > 0
    while (killAll(family).length > 0) await sleep(10)
    this.#finish(started ? { code: null, signal: 'SIGKILL' } : { code: null, signal: null, failed: reason, late: true })
  }
}
