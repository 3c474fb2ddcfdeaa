import { reasonOf } from '../client/transport.js'
import { after, elapsedMs, type Instant, leftMs, readClock } from './clock.js'
import type { EmitElect } from './event.js'
import type { Ending, Guard } from './guard.js'
import type { Deadlines, FromGuard } from './guard-message.js'
import type { Lock, Term } from './lock.js'
import { Sleeper } from './sleeper.js'
import { type ElectTiming, jittered } from './timing.js'

export interface TermWork {
  lock: Lock
  term: Term
  timing: ElectTiming
  guard: Guard
  command: readonly string[]
  env: NodeJS.ProcessEnv
  /** On a stop that was asked for, COMMAND has this long from SIGTERM to SIGKILL; the lock is held meanwhile. */
  stopTimeoutMs: number
  /** Aborted = end COMMAND and give the lock up. */
  stop: AbortSignal
  emit: EmitElect
  /** After each renewal that succeeded. */
  onRenewed(term: Term): void
  /** Runs once COMMAND is down and before the lock is given up. */
  beforeRelease(): Promise<void>
}

export interface TermResult {
  ending: Ending
  lost?: 'taken' | 'not renewed'
  /** COMMAND ended of its own accord: nobody had told it to. */
  byItself: boolean
}

const deadlinesOf = (renewedAt: Instant, timing: ElectTiming): Deadlines => ({
  termAt: after(renewedAt, timing.termMs),
  killAt: after(renewedAt, timing.killMs),
})

/**
 * One time of being active: COMMAND is started by the guard, and the lock renewed until nothing of COMMAND runs any more. Only then is the
 * lock released. Every deadline counts from the start of the last renewal that succeeded: the store cannot let the lease end before `ttl`
 * after that moment, however long the answer took.
 */
export const runTerm = async (work: TermWork): Promise<TermResult> => {
  const { lock, term, timing, guard, emit, stop } = work
  let lost: TermResult['lost']
  let over = false
  let down = false
  let forced = false
  const kill = () => {
    if (down) return
    forced = true
    guard.kill()
  }
  const sleeper = new Sleeper()
  const hear = (message: FromGuard) => {
    if (message.say === 'started') emit({ type: 'started', pid: message.pid })
    if (message.say === 'signalled') {
      if (message.why !== 'leftover') forced = true
      if (message.why === 'deadline') lost ??= 'not renewed'
      emit({ type: 'ending', signal: message.signal, why: message.why })
    }
  }
  const onStop = () => guard.stop(work.stopTimeoutMs)
  guard.on('message', hear)
  guard.start(work.command, work.env, timing.graceMs, deadlinesOf(term.renewedAt, timing))
  stop.addEventListener('abort', onStop, { once: true })
  if (stop.aborted) onStop()
  const finished = guard.ended.then(async (ending) => {
    down = true
    if (!ending.failed) emit({ type: 'ended', code: ending.code, signal: ending.signal })
    await work.beforeRelease()
    over = true
    sleeper.wakeForGood()
    return ending
  })

  let failedAt: Instant | undefined
  while (!over) {
    const waitMs = failedAt ? jittered(timing.renewEveryMs / 4) : timing.renewEveryMs - elapsedMs(term.renewedAt, readClock())
    await sleeper.sleep(waitMs)
    if (over) break
    const overMs = -leftMs(after(term.renewedAt, term.ttlMs), readClock())
    if (lost === 'taken' || overMs > 0) {
      lost ??= 'not renewed'
      kill()
      await sleeper.sleep(1000)
      if (!down) emit({ type: 'stuck', overMs: Math.max(0, overMs) })
      continue
    }
    try {
      const renewed = await lock.renew(term, { deadlineMs: timing.attemptMs })
      failedAt = undefined
      if (renewed === 'lost') {
        if (over) break
        lost = 'taken'
        kill()
      } else if (leftMs(renewed, term.renewedAt) > 0) {
        term.renewedAt = renewed
        guard.feed(deadlinesOf(renewed, timing))
        work.onRenewed(term)
      }
    } catch (error) {
      failedAt = readClock()
      const left = leftMs(after(term.renewedAt, timing.termMs), failedAt)
      emit({ type: 'renewal-failed', endpoint: lock.endpoint, reason: reasonOf(error), leftMs: Math.round(left) })
    }
  }

  const ending = await finished
  stop.removeEventListener('abort', onStop)
  guard.off('message', hear)
  guard.close()
  if (lost) emit({ type: 'lost', reason: lost })
  if (lost !== 'taken') await giveUp(lock, term, lost ? () => {} : emit)
  return { ending, byItself: !forced && !ending.failed, ...(lost ? { lost } : {}) }
}

/** Nothing of COMMAND runs: whoever waits need not wait for the lease to end. A store that cannot be reached now ends it by itself. */
const giveUp = async (lock: Lock, term: Term, emit: EmitElect): Promise<void> => {
  for (;;) {
    try {
      await lock.release(term)
      return emit({ type: 'released' })
    } catch (error) {
      if (leftMs(after(term.renewedAt, term.ttlMs), readClock()) <= 0) return emit({ type: 'release-failed', reason: reasonOf(error) })
      await new Sleeper().sleep(jittered(100))
    }
  }
}
