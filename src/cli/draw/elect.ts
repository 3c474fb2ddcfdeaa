import type { ElectEvent } from '../../elect/event.js'

const why: Record<Extract<ElectEvent, { type: 'ending' }>['why'], string> = {
  asked: 'stopping',
  deadline: 'the lease was not renewed in time',
  alone: 'the elector is gone',
  leftover: 'it left processes behind',
}

/** One event of an election in one line, without its end. */
export const electLine = (event: ElectEvent): string => {
  switch (event.type) {
    case 'standing-by':
      return event.holder
        ? `standing by: ${event.holder.identity} is active${event.holder.token ? ` (token ${event.holder.token})` : ''}`
        : 'nobody is active'
    case 'unreachable':
      return `no answer from ${event.endpoint}: ${event.reason}`
    case 'elected':
      return `elected, token ${event.token}, lease ${event.ttlMs / 1000} s`
    case 'started':
      return `COMMAND runs (pid ${event.pid})`
    case 'renewal-failed':
      return event.leftMs > 0
        ? `could not renew at ${event.endpoint}: ${event.reason}; ${(event.leftMs / 1000).toFixed(1)} s left`
        : `could not renew at ${event.endpoint}: ${event.reason}`
    case 'ending':
      return `${event.signal} to COMMAND: ${why[event.why]}`
    case 'ended':
      return event.signal ? `COMMAND ended by ${event.signal}` : `COMMAND ended with status ${event.code ?? 'unknown'}`
    case 'lost':
      return event.reason === 'taken' ? 'the lock is not ours any more' : 'stepped down: the lease was not renewed in time'
    case 'stuck':
      return 'COMMAND cannot be killed and the lease is over: only the fencing token protects now'
    case 'orphans-ended':
      return `ended what an earlier elector left running: ${event.pids.join(', ')}`
    case 'no-death-signal':
      return 'setpriv of util-linux is missing: COMMAND does not die by itself if its guard is killed'
    case 'released':
      return 'the lock is free'
    case 'release-failed':
      return `the lock could not be given up (${event.reason}); it ends by itself`
    case 'status-failed':
      return `the status could not be written: ${event.reason}`
    case 'hook-failed':
      return `--${event.hook} failed: ${event.reason}`
  }
}
