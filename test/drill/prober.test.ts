import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measure } from '../../src/drill/measure.js'
import { defaultDeadlines, defaultRates, type ProberConfig } from '../../src/drill/prober/protocol.js'
import { type Prober, startProber } from '../../src/drill/prober/start.js'
import { monotonicMs, type Series } from '../../src/drill/samples.js'
import { judgeHistory, type Operation, type WatchEvent } from '../../src/history/index.js'
import { runProcess } from '../../src/machine/process.js'
import { packageFile } from '../../src/package.js'
import type { ProbeResult } from '../../src/report/drill-report.js'
import { TestApi } from './support/api.js'
import { Door } from './support/door.js'

const api = new TestApi()
let door: Door
let config: ProberConfig

/** The target lives in this process, and must not be slow because much else runs on this computer. Where that is not allowed it may be. */
const first = async (yes: boolean): Promise<void> => {
  const policy = yes ? ['--rr', '-a', '-p', '1'] : ['--other', '-a', '-p', '0']
  await runProcess(['chrt', ...policy, String(process.pid)], { allowFailure: true }).catch(() => undefined)
}

beforeAll(async () => {
  await first(true)
  await api.start()
  door = new Door(api.port)
  await door.open()
  config = {
    v: 1,
    endpoint: { name: 'endpoint', doors: [{ host: '127.0.0.1', port: door.port }] },
    apiServers: [{ name: 'cp-1', doors: [{ host: '127.0.0.1', port: api.port }] }],
    tls: api.tls,
    serverName: 'kubernetes',
    namespace: 'drill',
    run: 'run',
    rates: { ...defaultRates, keptHz: 10, http2Hz: 10, directHz: 5, writeHz: 10 },
    deadlines: { ...defaultDeadlines, connectMs: 400, totalMs: 1000 },
  }
}, 60_000)

afterAll(async () => {
  await first(false)
  await door.close()
  api.stop()
})

const named = (all: readonly Series[], probe: string): Series => {
  const found = all.find((one) => one.probe === probe)
  if (!found) throw new Error(`no series ${probe}`)
  return found
}

const problems: string[] = []
const begin = (more: Partial<Parameters<typeof startProber>[1]> = {}): Promise<Prober> =>
  startProber(config, { onProblem: (text) => problems.push(text), ...more })

describe('a prober while its target fails for exactly 700 ms', () => {
  let prober: Prober
  const operations: Operation[] = []
  const events: WatchEvent[] = []
  let sets = 0

  beforeAll(async () => {
    prober = await begin({ onOperation: (one) => operations.push(one), onWatchEvent: (one) => events.push(one) })
    await prober.beginSet('a')
    sets++
    await sleep(400)
  })
  afterAll(() => prober.stop())

  /** Breaks, waits 700 ms, mends; what each class felt, and how long it really was. */
  const outage = async (
    breakIt: () => unknown,
    mendIt: () => unknown,
  ): Promise<{ felt: (probe: string) => ProbeResult; lastedMs: number }> => {
    const fromMs = monotonicMs()
    await sleep(500)
    const brokenMs = monotonicMs()
    await breakIt()
    await sleep(700)
    await mendIt()
    const healedMs = monotonicMs()
    await sleep(1800)
    const toMs = monotonicMs() - 1100
    const all = prober.series(fromMs, toMs)
    return {
      lastedMs: healedMs - brokenMs,
      felt: (probe) => {
        const [own] = measure(named(all, probe), { fromMs, brokenMs: brokenMs - 50, healedMs, toMs })
        if (!own) throw new Error('nothing measured')
        return own
      },
    }
  }

  const closed: [name: string, breakIt: () => unknown, error: string][] = [
    ['refuses', () => door.set('refuse'), 'connect refused'],
    ['accepts and says nothing', () => door.set('silent'), 'TLS timeout'],
    ['resets', () => door.set('reset'), 'TLS reset'],
    [
      'answers 500',
      () => {
        api.mode = '500'
      },
      'HTTP 500',
    ],
    [
      'hangs after the headers',
      () => {
        api.mode = 'after-headers'
      },
      'body timeout',
    ],
    [
      'does not answer',
      () => {
        api.mode = 'mute'
      },
      'answer timeout',
    ],
  ]
  it.each(closed)('one that %s is measured to within an interval', async (_, breakIt, error) => {
    const { felt, lastedMs } = await outage(breakIt, async () => {
      api.mode = 'ok'
      await door.set('open')
    })
    const fresh = felt('new connection')
    expect(fresh.errors[error] ?? 0).toBeGreaterThan(20)
    // A request that was due shortly before and came through late fails rightly: as late as this server, beside its test, is at best.
    const graceMs = fresh.uncertaintyMs + (fresh.latency.before.p99 ?? 0) + 30
    expect(Math.abs(fresh.longestMs - lastedMs)).toBeLessThan(graceMs)
    expect(fresh.count).toBe(1)
    expect(fresh.returnedMs).toBeDefined()
    expect(felt('writes').failed).toBeGreaterThan(2)
  })

  it('never saw a failure where nothing failed', async () => {
    const { felt } = await outage(
      () => undefined,
      () => undefined,
    )
    for (const probe of ['new connection', 'kept connection', 'HTTP/2 with ping', 'watch', 'writes', 'API server directly']) {
      const { failed, total, errors } = felt(probe)
      expect({ probe, failed, errors, some: total > 2 }).toEqual({ probe, failed: 0, errors: {}, some: true })
    }
  })

  it('does not take an answer for a write where nothing can be written', async () => {
    const fromMs = monotonicMs()
    api.mode = 'no-namespace'
    await sleep(2000)
    const toMs = monotonicMs()
    api.mode = 'ok'
    await sleep(1100)
    const why = (probe: string): Set<string | undefined> =>
      new Set(named(prober.series(fromMs + 200, toMs), probe).samples.flatMap((one) => (one.ok || one.void ? [] : [one.why])))
    expect(why('writes')).toEqual(new Set(['HTTP 404']))
    expect(why('new connection')).toEqual(new Set())
    expect(why('scheduler at work')).toEqual(new Set())
  })

  it('asks again what an HTTP/2 server refused unprocessed', async () => {
    const fromMs = monotonicMs()
    for (let i = 0; i < 8; i++) {
      api.refuse = 1
      await sleep(150)
    }
    expect(api.refuse).toBe(0)
    await sleep(1100)
    const { samples } = named(prober.series(fromMs, monotonicMs() - 1100), 'HTTP/2 with ping')
    expect(samples.length).toBeGreaterThan(8)
    expect(samples.filter((one) => !one.ok && !one.void)).toEqual([])
  })

  it('tries a failed request once more, at once', async () => {
    const { felt } = await outage(
      () => door.set('reset'),
      () => door.set('open'),
    )
    expect(felt('new connection').failed).toBeGreaterThan(20)
    // A short interruption is over by the second try.
    const fromMs = monotonicMs()
    await sleep(200)
    await door.set('reset')
    await door.set('open')
    await sleep(1300)
    const samples = named(prober.series(fromMs, monotonicMs() - 1000), 'new connection').samples
    for (const one of samples) if (!one.ok) expect(one.retryOk).toBe(true)
  })

  it('sees a watch that is cut, and takes it up again without a gap', async () => {
    const { felt, lastedMs } = await outage(
      () => door.set('refuse'),
      () => door.set('open'),
    )
    const watch = felt('watch')
    expect(watch.errors).not.toEqual({})
    // Trying again may begin 50 ms after the door opened, and then has to connect.
    expect(watch.longestMs).toBeGreaterThan(lastedMs - 100)
    expect(watch.longestMs).toBeLessThan(lastedMs + 250)
    expect(events.some((one) => one.type === 'resumed')).toBe(true)
  })

  it('records a history that a judge finds valid, unknown outcomes among it', async () => {
    for (let i = 0; i < 3; i++) {
      api.swallow = 4
      await sleep(400)
    }
    expect(await prober.quiet()).toEqual([])
    const verdict = judgeHistory({ operations, watches: events, finals: [api.final('run-a')], hashes: [] })
    const bad = verdict.properties.filter((one) => one.verdict === 'violated').map((one) => `${one.property}: ${one.witness?.says}`)
    expect(bad).toEqual([])
    expect(verdict.counts.unknown).toBeGreaterThan(5)
    expect(verdict.counts.failed).toBeGreaterThan(5)
    for (const one of verdict.properties)
      if (one.property !== 'hashes-equal') expect([one.property, one.verdict]).toEqual([one.property, 'valid'])
    expect(new Set(operations.map((one) => one.kind))).toEqual(new Set(['create', 'read', 'update', 'delete', 'list']))
    expect(events.filter((one) => one.type === 'ended')).toHaveLength(2 * sets)
  })

  it('says what it costs', () => {
    const { cores, dropped } = prober.figures()
    expect(cores).toBeGreaterThan(0)
    expect(cores).toBeLessThan(0.8)
    expect(dropped).toBe(0)
    expect(problems).toEqual([])
  })
})

it('goes on at its own pace while a server is slow', async () => {
  const prober = await begin()
  api.mode = 'late'
  await sleep(300)
  const fromMs = monotonicMs()
  await sleep(1000)
  const toMs = monotonicMs()
  await sleep(1100)
  api.mode = 'ok'
  const { samples, intervalMs } = named(prober.series(fromMs, toMs), 'new connection')
  await prober.stop()
  expect(samples.length).toBeGreaterThanOrEqual(1000 / intervalMs - 1)
  expect(samples.length).toBeLessThanOrEqual(1000 / intervalMs + 1)
  const gaps = samples.slice(1).map((one, i) => one.atMs - (samples[i]?.atMs ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(intervalMs + 0.1)
  expect(samples.filter((one) => one.void === undefined).every((one) => one.tookMs >= 290)).toBe(true)
})

it('voids what it could not have seen while it stood still itself', async () => {
  const prober = await begin()
  await sleep(500)
  const fromMs = monotonicMs()
  await sleep(300)
  const stoppedMs = monotonicMs()
  process.kill(prober.pid, 'SIGSTOP')
  await sleep(400)
  // Taken before the signal: the prober may run, and take this processor, before the call returns.
  const goneOnMs = monotonicMs()
  process.kill(prober.pid, 'SIGCONT')
  await sleep(1800)
  const series = named(prober.series(fromMs, monotonicMs() - 1100), 'new connection')
  const inside = series.samples.filter((one) => one.atMs > stoppedMs + 5 && one.atMs < goneOnMs - 25)
  expect(inside.length).toBeGreaterThan(12)
  expect(inside.filter((one) => one.void !== true)).toEqual([])
  const [felt] = measure(series, { fromMs, brokenMs: fromMs, healedMs: goneOnMs, toMs: goneOnMs + 500 })
  expect(felt?.failed).toBe(0)
  expect(felt?.voided).toBeGreaterThan(12)
  // Before and after nothing is thrown away.
  expect(series.samples.filter((one) => one.atMs < stoppedMs - 100 && one.void).length).toBe(0)
  expect(prober.figures().delayMaxMs).toBeGreaterThan(300)
  await prober.stop()
})

const gone = (pid: number): boolean => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

it('ends when whoever started it is killed, and keeps keys out of its command line', async () => {
  const parent = `import { startProber } from ${JSON.stringify(packageFile('dist/drill/prober/start.js'))}
const prober = await startProber(JSON.parse(process.env.CONFIG))
console.log(prober.pid)
setInterval(() => {}, 1000)
`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
    env: { ...process.env, CONFIG: JSON.stringify(config) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString('utf8')))))
  expect(gone(pid)).toBe(false)
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('PRIVATE')
  child.kill('SIGKILL')
  const endMs = monotonicMs() + 2000
  while (!gone(pid) && monotonicMs() < endMs) await sleep(20)
  expect(gone(pid)).toBe(true)
})

it('tells when it was killed, and refuses orders then', async () => {
  const prober = await begin()
  process.kill(prober.pid, 'SIGKILL')
  expect(await prober.ended).toContain('SIGKILL')
  await expect(prober.beginSet('b')).rejects.toMatchObject({ problem: { code: 'Q6502' } })
  await prober.stop()
})
