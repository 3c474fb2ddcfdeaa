import { spawn, spawnSync } from 'node:child_process'
import { Socket } from 'node:net'
import { getPriority, setPriority } from 'node:os'
import { type Instant, leftMs, readClock } from './clock.js'
import { type Deadlines, eachLine, type FromGuard, lineOf, type ToGuard } from './guard-message.js'
import { guardMark, hasEnded, processesOf, signalAll } from './processes.js'

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

let leader = 0
let mark = ''
let graceMs = 0
let deadlines: Deadlines | undefined
let alone = false
let exited: { code: number | null; signal: NodeJS.Signals | null } | undefined
let ended = false
let termSent = false
let killAt: Instant | undefined
let killSaid = ''

const kill = (why: 'asked' | 'deadline' | 'alone' | 'leftover'): void => {
  if (killSaid !== why) tell({ say: 'signalled', signal: 'SIGKILL', why })
  killSaid = why
  signalAll(leader, mark, 'SIGKILL')
}

/** SIGTERM once; SIGKILL follows after `grace`. A second wish can only make that earlier. */
const terminate = (why: 'asked' | 'deadline' | 'alone' | 'leftover', grace: number): void => {
  const now = readClock()
  const latest = { monoMs: now.monoMs + grace, bootMs: now.bootMs + grace }
  if (!killAt || leftMs(latest, now) < leftMs(killAt, now)) killAt = latest
  if (termSent) return
  termSent = true
  tell({ say: 'signalled', signal: 'SIGTERM', why })
  signalAll(leader, mark, 'SIGTERM')
}

const finish = (): void => {
  if (ended || !exited) return
  const left = processesOf(leader, mark)
  if (left.length === 0) {
    ended = true
    tell({ say: 'ended', ...exited })
    if (alone) process.exit(0)
    return
  }
  // COMMAND is over when the process that we started is; what it left behind must not outlive the lock.
  terminate('leftover', graceMs)
}

const tick = (): void => {
  if (!leader || ended) {
    if (alone) process.exit(0)
    return
  }
  const now = readClock()
  if (deadlines && leftMs(deadlines.killAt, now) <= 0) kill('deadline')
  else if (killAt && leftMs(killAt, now) <= 0) kill(alone ? 'alone' : 'asked')
  // Unless it has just ended by itself, and its exit status is on the way.
  else if (deadlines && leftMs(deadlines.termAt, now) <= 0 && !hasEnded(leader)) {
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
  timer = setTimeout(tick, Math.max(1, Math.min(exited ? 10 : tickMs, ...next)))
}

const start = (message: Extract<ToGuard, { say: 'start' }>): void => {
  mark = message.mark
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
  leader = child.pid
  tell({ say: 'started', pid: leader })
  child.once('exit', (code, signal) => {
    exited = { code, signal }
    tick()
  })
  tick()
}

const obey = (line: string): void => {
  const message = JSON.parse(line) as ToGuard
  if (message.say === 'start') start(message)
  else if (message.say === 'feed') deadlines = message.deadlines
  else if (leader && !ended && message.say === 'stop') terminate('asked', message.graceMs)
  else if (leader && !ended && message.say === 'kill') kill('asked')
  if (leader && !ended) tick()
}

const onAlone = (): void => {
  if (alone) return
  alone = true
  if (leader && !ended) terminate('alone', graceMs)
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
