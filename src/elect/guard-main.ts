import { spawn, spawnSync } from 'node:child_process'
import { Socket } from 'node:net'
import { getPriority, setPriority } from 'node:os'
import { type Instant, leftMs, readClock } from './clock.js'
import { type Deadlines, eachLine, type FromGuard, lineOf, type ToGuard } from './guard-message.js'
import { guardMark } from './orphans.js'
import { askToEnd, type Family, familyOf, hasEnded, killAll, membersOf } from './processes.js'

/**
 * The guard: a small process between the elector and COMMAND, in a session of its own. It starts COMMAND and ends it when the lease runs
 * out, when the elector asks, or when the elector is gone. A frozen elector cannot end anything, so this must not depend on it: all the
 * guard needs is the last deadline it was told, on a clock that both share. If the guard dies, the kernel kills COMMAND (PDEATHSIG).
 */

const elector = new Socket({ fd: 3, readable: true, writable: true })
const tell = (message: FromGuard): void => {
  if (!elector.destroyed) elector.write(lineOf(message))
}

const withDeathSignal = ['setpriv', '--pdeathsig', 'KILL', '--']

/** How often the clock is read even when a timer should do: timers do not run on while the machine is suspended, deadlines do. */
const tickMs = 50

/** Once COMMAND has been started. */
let family: Family | undefined
let graceMs = 0
let deadlines: Deadlines | undefined
let alone = false
let exited: { code: number | null; signal: NodeJS.Signals | null } | undefined
let ended = false
let termSent = false
let killAt: Instant | undefined
let killed = false
let byItself = false
/** Looking through all processes costs some milliseconds of computing. */
let lookAgainMs = 5

type Why = Extract<FromGuard, { say: 'signalled' }>['why']

/** Told under its true name: whatever happens after COMMAND has ended by itself happens to what it left behind. */
const tellSignal = (signal: 'SIGTERM' | 'SIGKILL', why: Why): void => tell({ say: 'signalled', signal, why: byItself ? 'leftover' : why })

const kill = (why: Why): void => {
  if (!killed) tellSignal('SIGKILL', why)
  killed = true
  if (family) killAll(family)
}

/** SIGTERM once; SIGKILL follows after `grace`. A second wish can only make that earlier. */
const terminate = (why: Why, grace: number): void => {
  const now = readClock()
  const latest = { monoMs: now.monoMs + grace, bootMs: now.bootMs + grace }
  if (!killAt || leftMs(latest, now) < leftMs(killAt, now)) killAt = latest
  if (termSent) return
  termSent = true
  tellSignal('SIGTERM', why)
  // What has left the group is looked for only at the end: that takes time which a COMMAND that is ending well does not need.
  if (family) askToEnd(family, why === 'leftover')
}

const finish = (): void => {
  if (ended || !exited || !family) return
  if (membersOf(family).length === 0) {
    ended = true
    tell({ say: 'ended', ...exited })
    if (alone) process.exit(0)
    return
  }
  // COMMAND is over when the process that we started is; what it left behind must not outlive the lock.
  terminate('leftover', graceMs)
  lookAgainMs = Math.min(100, lookAgainMs * 2)
}

const tick = (): void => {
  if (!family || ended) {
    if (alone) process.exit(0)
    return
  }
  const now = readClock()
  if (deadlines && leftMs(deadlines.killAt, now) <= 0) kill('deadline')
  else if (killAt && leftMs(killAt, now) <= 0) kill(alone ? 'alone' : 'asked')
  // Unless it has just ended by itself, and its exit status is on the way.
  else if (deadlines && leftMs(deadlines.termAt, now) <= 0 && !hasEnded(family.leader)) {
    terminate('deadline', Math.max(0, leftMs(deadlines.killAt, now)))
  }
  finish()
  arm()
}

let timer: NodeJS.Timeout | undefined
const arm = (): void => {
  clearTimeout(timer)
  const now = readClock()
  const next = [deadlines?.termAt, deadlines?.killAt, killAt].flatMap((at) => (at ? [leftMs(at, now)] : [])).filter((ms) => ms > 0)
  timer = setTimeout(tick, Math.max(1, Math.min(exited ? lookAgainMs : tickMs, ...next)))
}

const start = (message: Extract<ToGuard, { say: 'start' }>): void => {
  graceMs = message.graceMs
  deadlines = message.deadlines
  if (leftMs(deadlines.termAt, readClock()) <= 0) {
    ended = true
    tell({ say: 'failed', reason: 'the lease was too old when the guard was told to start', late: true })
    return
  }
  const [program = '', ...args] = [...withUsualPriority, ...(deathSignal ? withDeathSignal : []), ...message.command]
  const [name = '', value = ''] = guardMark().split('=')
  const child = spawn(program, args, { detached: true, stdio: 'inherit', env: { ...message.env, [name]: value } })
  child.once('error', (error) => {
    ended = true
    tell({ say: 'failed', reason: error.message })
  })
  if (child.pid === undefined) return
  family = familyOf(child.pid, message.mark)
  tell({ say: 'started', pid: child.pid })
  child.once('exit', (code, signal) => {
    exited = { code, signal }
    byItself = !termSent && !killed
    tick()
  })
  tick()
}

const obey = (line: string): void => {
  const message = JSON.parse(line) as ToGuard
  if (message.say === 'start') start(message)
  else if (message.say === 'feed') deadlines = message.deadlines
  else if (family && !ended && message.say === 'stop') terminate('asked', message.graceMs)
  else if (family && !ended && message.say === 'kill') kill('asked')
  if (family && !ended) tick()
}

const onAlone = (): void => {
  if (alone) return
  alone = true
  if (family && !ended) terminate('alone', graceMs)
  tick()
}

// On a starved machine the guard must still be in time. Where that is allowed; COMMAND runs with the priority that it would have had.
const usual = getPriority()
const withUsualPriority: string[] = []
try {
  setPriority(-19)
  withUsualPriority.push('nice', '-n', String(usual + 19))
} catch {
  // Not root.
}
const deathSignal = spawnSync('setpriv', [...withDeathSignal.slice(1), 'true'], { stdio: 'ignore' }).status === 0

elector.on('data', eachLine(obey))
elector.on('end', onAlone)
elector.on('close', onAlone)
elector.on('error', onAlone)
// Whoever wants COMMAND to end asks the elector; signals to everything in sight must not take its guard away first.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
tell({ say: 'ready', deathSignal })
