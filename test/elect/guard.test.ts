import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { after, readClock } from '../../src/elect/clock.js'
import { Guard } from '../../src/elect/guard.js'
import { endOrphans, orphansOf } from '../../src/elect/orphans.js'
import { hasEnded } from '../../src/elect/processes.js'
import { isAlive, signal } from './support/family.js'

/** Deadlines that many milliseconds from now. */
const within = (termMs: number, killMs = termMs + 300) => {
  const now = readClock()
  return { termAt: after(now, termMs), killAt: after(now, killMs) }
}

describe('a guard', () => {
  let guard: Guard
  let directory: string
  const file = (name: string) => join(directory, name)
  const pidIn = async (name: string): Promise<number> => {
    await expect.poll(() => existsSync(file(name)) && readFileSync(file(name), 'utf8').trim(), { timeout: 10_000 }).toMatch(/^\d+$/)
    return Number(readFileSync(file(name), 'utf8'))
  }
  const env = { PATH: process.env.PATH, QUORATE_LOCK: 'guard-test' }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-guard-'))
  })
  afterEach(() => {
    if (guard.pid) signal([guard.pid], 'SIGCONT')
    guard.kill()
    guard.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Deadlines count from when the guard is up, which takes its time on a busy machine. */
  const start = async (script: string, deadlines = () => within(20_000), graceMs = 300) => {
    guard = new Guard()
    await guard.ready
    guard.start(['sh', '-c', script], env, graceMs, deadlines())
  }

  it('passes on how COMMAND ended', async () => {
    await start('exit 7')
    expect(await guard.ended).toEqual({ code: 7, signal: null })
  })

  it('leaves COMMAND the priority that it would have had', async () => {
    await start(`cut -d' ' -f19 /proc/self/stat > ${file('nice')}`)
    await guard.ended
    expect(readFileSync(file('nice'), 'utf8').trim()).toBe(String(getPriority()))
  })

  it('tells a program that does not start', async () => {
    guard = new Guard()
    guard.start(['/nowhere/at-all'], env, 100, within(5000))
    expect((await guard.ended).code).not.toBe(0)
  })

  it('starts nothing on a lease that is over', async () => {
    await start(`touch ${file('late')}`, () => within(-1))
    expect(await guard.ended).toMatchObject({ late: true })
    expect(existsSync(file('late'))).toBe(false)
  })

  it('asks COMMAND to end at the deadline, and lets it end by itself', async () => {
    await start('trap "exit 3" TERM; while :; do sleep 0.01; done', () => within(800, 9000))
    expect(await guard.ended).toEqual({ code: 3, signal: null })
  })

  it('kills COMMAND and all below it that do not end, without being told again', async () => {
    await start(`trap "" TERM; sleep 1000 & echo $! > ${file('below')}; while :; do sleep 0.01; done`, () => within(1500, 1700))
    const below = await pidIn('below')
    expect(await guard.ended).toEqual({ code: null, signal: 'SIGKILL' })
    expect(isAlive(below)).toBe(false)
  })

  it('goes on as long as it is fed', async () => {
    await start('sleep 3; exit 5', () => within(900, 1200))
    for (const feeding = setInterval(() => guard.feed(within(900, 1200)), 50); ; ) {
      const ending = await guard.ended
      clearInterval(feeding)
      expect(ending).toEqual({ code: 5, signal: null })
      break
    }
  })

  it('ends what COMMAND leaves behind before it says that it is over, also what left its session', async () => {
    await start(
      `setsid sh -c 'trap "" TERM; echo $$ > ${file('daemon')}; while :; do sleep 0.1; done' &
      while ! [ -s ${file('daemon')} ]; do sleep 0.01; done; exit 0`,
    )
    const told: string[] = []
    guard.on('message', (message) => message.say === 'signalled' && told.push(`${message.signal} ${message.why}`))
    const daemon = await pidIn('daemon')
    expect(await guard.ended).toEqual({ code: 0, signal: null })
    expect(isAlive(daemon)).toBe(false)
    // Not to be mistaken for COMMAND having been ended.
    expect(told).toEqual(['SIGTERM leftover', 'SIGKILL leftover'])
  })

  it('takes COMMAND with it when it is killed', async () => {
    await start(`echo $$ > ${file('taken')}; sleep 1000 & wait`)
    const pid = await pidIn('taken')
    signal([guard.pid ?? 0], 'SIGKILL')
    expect(await guard.ended).toEqual({ code: null, signal: 'SIGKILL' })
    expect(isAlive(pid)).toBe(false)
  })

  it('is stood in for when it hangs: COMMAND is down by its deadline all the same', async () => {
    await start(`echo $$ > ${file('hung')}; trap "" TERM; while :; do sleep 0.01; done`, () => within(20_000))
    const pid = await pidIn('hung')
    signal([guard.pid ?? 0], 'SIGSTOP')
    guard.feed(within(100, 300))
    const begun = performance.now()
    await expect.poll(() => isAlive(pid), { timeout: 5000, interval: 5 }).toBe(false)
    expect(performance.now() - begun).toBeLessThan(3000)
    expect(await guard.ended).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('does not act on signals that were meant for everybody', async () => {
    await start('sleep 1; exit 4')
    signal([guard.pid ?? 0], 'SIGTERM')
    signal([guard.pid ?? 0], 'SIGINT')
    expect(await guard.ended).toEqual({ code: 4, signal: null })
  })

  it('leaves orphans when it dies with its elector, and they are found by its name for the lock', async () => {
    await start(`setsid sh -c 'echo $$ > ${file('orphan')}; while :; do sleep 0.1; done' & sleep 1000`)
    const orphan = await pidIn('orphan')
    expect(orphansOf('guard-test')).not.toContain(orphan)
    // Frozen in the instant of its death, the elector would be unable to clean up; here it is told to look the other way.
    const { pid } = guard
    const { kill } = process
    process.kill = () => true
    try {
      kill.call(process, pid ?? 0, 'SIGKILL')
      // Its threads die one after another, its first not last: until then it is not gone.
      await expect.poll(() => hasEnded(pid ?? 0)).toBe(true)
      expect(orphansOf('another-lock')).not.toContain(orphan)
      expect(orphansOf('guard-test')).toContain(orphan)
    } finally {
      process.kill = kill
    }
    endOrphans('guard-test')
    await expect.poll(() => isAlive(orphan)).toBe(false)
  })
})
