import { EtcdError } from '../client/etcd-error.js'
import { ApiError } from '../client/kubernetes-error.js'
import { reasonOf } from '../client/transport.js'
import { Fault, fault } from '../model/problem.js'
import { after, leftMs, readClock } from './clock.js'
import type { EmitElect } from './event.js'
import { type Ending, Guard } from './guard.js'
import { type HookCommands, Hooks } from './hooks.js'
import type { Claimant, Holder, Lock, Term } from './lock.js'
import { endOrphans } from './orphans.js'
import { type ElectStatus, writeStatus } from './status-file.js'
import { runTerm } from './term.js'
import { electTiming, jittered } from './timing.js'

export interface ElectOptions {
  lock: Lock
  /** Name of the lock, for people and for COMMAND. */
  name: string
  claimant: Claimant
  ttlMs: number
  graceMs?: number
  stopTimeoutMs: number
  command: readonly string[]
  env: NodeJS.ProcessEnv
  /** Stand by again after COMMAND has ended by itself. */
  keep: boolean
  hooks: HookCommands
  statusFile?: string
  /** Aborted = give up cleanly. */
  signal: AbortSignal
  emit: EmitElect
}

/** A store that stays away is told of this often. */
const sayAgainMs = 30_000

/** Answers that no waiting mends, when they come before anything else did. */
const hopeless = (error: unknown): boolean =>
  (error instanceof ApiError && [400, 401, 403, 404].includes(error.status)) ||
  (error instanceof EtcdError && ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'UNIMPLEMENTED', 'INVALID_ARGUMENT'].includes(error.codeName)) ||
  (error instanceof Fault && error.problem.code.startsWith('Q79'))

/**
 * Takes part in an election until COMMAND has ended (or for ever, with `keep`), or until `signal`. Resolves to how COMMAND ended;
 * undefined = it was told to stop while standing by. Throws Faults Q7904 (COMMAND does not start), Q7905, Q7906, and the first answer of
 * the store when it is a refusal; a store that cannot be reached is waited for.
 */
export const elect = async (options: ElectOptions): Promise<Ending | undefined> => new Elector(options).run()

class Elector {
  readonly #options: ElectOptions
  readonly #hooks: Hooks
  #guard: Guard | undefined
  #holder = ''
  #everAnswered = false
  #everWritten = false
  #warned = false

  constructor(options: ElectOptions) {
    const { env, hooks, emit } = options
    this.#options = options
    this.#hooks = new Hooks(hooks, env, emit)
  }

  async run(): Promise<Ending | undefined> {
    const { signal, keep, lock } = this.#options
    let restMs = 500
    this.#tell({})
    this.#endOrphans()
    try {
      while (!signal.aborted) {
        const term = await this.#campaign()
        if (!term) break
        const begun = performance.now()
        const { ending, byItself } = await this.#serve(term)
        if (ending.failed && !ending.late) throw fault('Q7904', { command: this.#options.command[0] ?? '', reason: ending.failed })
        if (signal.aborted) return ending
        if (!byItself) continue
        if (!keep) return ending
        // Others go first; a COMMAND that keeps failing comes back less and less often.
        restMs = performance.now() - begun > 60_000 ? 500 : Math.min(30_000, restMs * 2)
        await this.#rest(jittered(restMs))
      }
      return undefined
    } finally {
      this.#guard?.close()
      lock.close()
    }
  }

  /** At the start, so that nothing of an earlier elector runs on for as long as we stand by, and before COMMAND: by then what was still dying the first time is dead. */
  #endOrphans(): void {
    const pids = endOrphans(this.#options.name)
    if (pids.length > 0) this.#options.emit({ type: 'orphans-ended', pids })
  }

  #newGuard(): Guard {
    const guard = new Guard()
    guard.on('message', (message) => {
      if (message.say !== 'ready' || message.deathSignal || this.#warned) return
      this.#warned = true
      this.#options.emit({ type: 'no-death-signal' })
    })
    return guard
  }

  #rest(ms: number): Promise<void> {
    const { signal } = this.#options
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Waits until the lock is ours. undefined = told to stop. */
  async #campaign(): Promise<Term | undefined> {
    const { lock, signal, emit, ttlMs } = this.#options
    let restMs = 50
    let saidAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      try {
        // Started ahead of time: a takeover does not wait for a process to come up.
        if (!this.#guard?.usable) this.#guard = this.#newGuard()
        await this.#guard.ready
        await lock.untilFree((holder) => this.#see(holder), signal)
        const term = await lock.take()
        this.#everAnswered = true
        restMs = 50
        saidAt = Number.NEGATIVE_INFINITY
        if (!term) await this.#rest(jittered(10))
        // A term that is already half over was taken by somebody who then slept: too late to begin anything.
        else if (leftMs(after(term.renewedAt, term.ttlMs / 2), readClock()) > 0 && !signal.aborted) return term
        else await lock.release(term)
      } catch (error) {
        if (signal.aborted) return undefined
        if (hopeless(error) && !this.#everAnswered) throw error
        if (performance.now() - saidAt > sayAgainMs) {
          saidAt = performance.now()
          emit({ type: 'unreachable', endpoint: lock.endpoint, reason: reasonOf(error) })
        }
        await this.#rest(jittered(restMs))
        restMs = Math.min(restMs * 2, ttlMs, 5000)
      }
    }
    return undefined
  }

  #see(holder: Holder | undefined): void {
    this.#everAnswered = true
    // A Lease tells its token with the first renewal: a moment later it is one piece of news instead of two.
    if (holder?.instance && !holder.token) return
    const known = holder ? `${holder.instance ?? holder.identity} ${holder.token ?? ''}` : 'nobody'
    if (known === this.#holder) return
    this.#holder = known
    this.#options.emit({ type: 'standing-by', ...(holder ? { holder } : {}) })
    this.#tell({ ...(holder ? { holder: holder.identity, ...(holder.token ? { token: holder.token } : {}) } : {}) })
    if (holder) void this.#hooks.run('on-change', this.#about('standby', holder.identity, holder.token ?? ''))
  }

  #about(role: ElectStatus['role'], holder: string, token: string): Record<string, string> {
    const { name, claimant } = this.#options
    return {
      QUORATE_LOCK: name,
      QUORATE_IDENTITY: claimant.identity,
      QUORATE_ROLE: role,
      QUORATE_HOLDER: holder,
      QUORATE_FENCING_TOKEN: token,
    }
  }

  async #serve(term: Term): ReturnType<typeof runTerm> {
    const { lock, claimant, command, env, stopTimeoutMs, signal, emit, statusFile, graceMs } = this.#options
    const about = this.#about('active', claimant.identity, term.token)
    const guard = this.#guard?.usable ? this.#guard : this.#newGuard()
    this.#guard = undefined
    this.#holder = ''
    let pid: number | undefined
    const active = (): void => {
      const { monoMs, bootMs } = after(term.renewedAt, term.ttlMs)
      const now = readClock()
      const leaseEnds = new Date(Date.now() + leftMs({ monoMs, bootMs }, now)).toISOString()
      const more = { holder: claimant.identity, token: term.token, leaseEnds, leaseEndsBootMs: bootMs, ...(pid ? { pid } : {}) }
      this.#tell(more, 'active')
    }
    guard.on('message', (message) => {
      if (message.say !== 'started') return
      pid = message.pid
      active()
    })
    this.#endOrphans()
    emit({ type: 'elected', token: term.token, ttlMs: term.ttlMs })
    active()
    void this.#hooks.run('on-elected', about)
    void this.#hooks.run('on-change', about)
    const ends = after(term.renewedAt, term.ttlMs)
    return runTerm({
      lock,
      term,
      timing: electTiming(term.ttlMs, graceMs),
      guard,
      command,
      env: {
        ...env,
        ...about,
        QUORATE_TTL_MS: String(term.ttlMs),
        QUORATE_LEASE_EXPIRES: String(Math.floor(ends.bootMs)),
        ...(statusFile ? { QUORATE_STATUS_FILE: statusFile } : {}),
      },
      stopTimeoutMs,
      stop: signal,
      emit,
      onRenewed: active,
      beforeRelease: async () => {
        this.#tell({})
        await this.#hooks.run('on-lost', { ...about, QUORATE_ROLE: 'standby', QUORATE_HOLDER: '' })
      },
    })
  }

  #tell(more: Partial<ElectStatus>, role: ElectStatus['role'] = 'standby'): void {
    const { statusFile, name, claimant, emit } = this.#options
    if (!statusFile) return
    try {
      writeStatus(statusFile, { lock: name, identity: claimant.identity, role, ...more, updated: new Date().toISOString() })
      this.#everWritten = true
    } catch (error) {
      // A wrong path shows at the start. Later, a full disk must not end what runs.
      if (!this.#everWritten) throw error
      emit({ type: 'status-failed', reason: reasonOf(error) })
    }
  }
}
