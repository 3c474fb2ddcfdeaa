import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type DrillResult, runDrill } from '../../src/drill/drill.js'
import { judgeRun } from '../../src/drill/judge-run.js'
import type { EventBody } from '../../src/model/event.js'
import { Fault } from '../../src/model/problem.js'
import { summaryOf } from '../../src/report/summary.js'
import { FakeWorld, type Script } from './support/fake-world.js'

// The real holds last seconds; what is tested here is order, recording and judging.
const quick = { holdMs: 350, settleMs: 120 }

const base = mkdtempSync(join(tmpdir(), 'drill-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let runs = 0

const blind: Script = { outageMs: 0 }
const outage: Script = { outageMs: Number.POSITIVE_INFINITY }

const drill = (world: FakeWorld, only: string[], more: Partial<Parameters<typeof runDrill>[1]> = {}): Promise<DrillResult> =>
  runDrill(world, {
    directory: join(base, String(++runs)),
    quorate: '0.0.0',
    select: { only },
    seed: 7,
    baselineMs: 250,
    emit: () => {},
    signal: new AbortController().signal,
    pace: quick,
    ...more,
  })

/** Drills and keeps what was told meanwhile. */
const told = async (world: FakeWorld, only: string[]): Promise<EventBody[]> => {
  const events: EventBody[] = []
  await drill(world, only, { emit: (event) => events.push(event) })
  return events
}

const verdicts = (result: DrillResult): Record<string, string> =>
  Object.fromEntries(result.report.faults.map((one) => [one.id, one.verdict]))
const reasons = (result: DrillResult, id: string): string[] =>
  result.report.faults.find((one) => one.id === id)?.reasons.map((one) => one.kind) ?? []

describe.concurrent('a drill', () => {
  it('passes what is short, proven, safe and mended, with both controls around it', async () => {
    const world = new FakeWorld({ 'apiserver-kill': { outageMs: 60 }, 'quorum-lost': outage })
    const result = await drill(world, ['apiserver-kill'])
    expect(verdicts(result)).toEqual({ 'no-fault': 'pass', 'apiserver-kill': 'pass', 'quorum-lost': 'pass' })
    expect(result.complete).toBe(true)
    const [fault] = result.report.faults.filter((one) => one.id === 'apiserver-kill')
    expect(fault?.measured[0]).toMatchObject({ probe: 'new connection' })
    expect(fault?.measured[0]?.spanMs).toBeGreaterThan(20)
    expect(fault?.measured[0]?.spanMs).toBeLessThan(150)
    expect(fault?.safety.acknowledgedWrites).toBeGreaterThan(20)
    expect(fault?.victim).toEqual({ role: 'API server behind the endpoint', machines: ['cp-1'] })
    expect(fault?.domains).toEqual([{ kind: 'component', name: 'API server' }])
    expect(result.report.score.because.join()).not.toContain('detector')
    expect(world.done.filter((one) => one.startsWith('inject'))).toEqual(['inject no-fault', 'inject apiserver-kill', 'inject quorum-lost'])
  })

  it('fails a fault by outage, by a lost write, and by redundancy that stays away; the last ends the drill', async () => {
    const world = new FakeWorld({
      'apiserver-kill': { outageMs: 300 },
      'proxy-kill': { loses: true },
      'proxy-stop': { redundancyMs: Number.POSITIVE_INFINITY },
      'quorum-lost': outage,
    })
    const result = await drill(world, ['apiserver-kill', 'proxy-kill', 'proxy-stop'])
    expect(verdicts(result)).toEqual({
      'no-fault': 'pass',
      'apiserver-kill': 'fail',
      'proxy-kill': 'fail',
      'proxy-stop': 'fail',
      'quorum-lost': 'not-evaluated',
    })
    expect(reasons(result, 'apiserver-kill')).toEqual(['outage-over-budget'])
    expect(reasons(result, 'proxy-kill')).toEqual(['safety-violated'])
    expect(reasons(result, 'proxy-stop')).toEqual(['redundancy-not-back'])
    expect(result.problem?.code).toBe('Q6303')
    expect(result.complete).toBe(false)
    expect(result.notes.join()).toContain('not drilled to their end')
    // Healed at the beginning and once more before giving up.
    expect(world.done.filter((one) => one === 'heal')).toHaveLength(2)
  })

  it('never passes what was not seen in force, not seen gone, or not made', async () => {
    const world = new FakeWorld({
      'apiserver-kill': { proven: false },
      'proxy-kill': { undoProven: false },
      'scheduler-kill': { injectFails: 'no such process' },
      'quorum-lost': outage,
    })
    const result = await drill(world, ['apiserver-kill', 'proxy-kill', 'scheduler-kill'])
    expect(verdicts(result)).toMatchObject({ 'apiserver-kill': 'not-evaluated', 'proxy-kill': 'fail', 'scheduler-kill': 'not-evaluated' })
    expect(reasons(result, 'apiserver-kill')).toContain('fault-not-effective')
    expect(reasons(result, 'proxy-kill')).toEqual(['fault-not-undone'])
    expect(result.report.faults.find((one) => one.id === 'scheduler-kill')?.reasons[0]?.says).toContain('no such process')
    // What was half made is undone all the same.
    expect(world.done).toContain('undo scheduler-kill')
  })

  it('calls the detector blind when the control that must fail does not', async () => {
    const result = await drill(new FakeWorld({ 'quorum-lost': blind }), ['apiserver-kill'])
    expect(verdicts(result)).toMatchObject({ 'apiserver-kill': 'pass', 'quorum-lost': 'fail' })
    expect(reasons(result, 'quorum-lost')).toEqual(['control-missed'])
    expect(result.report.score.value).toBeLessThanOrEqual(79)
    expect(result.report.score.because.join()).toContain('the detector cannot be trusted')
  })

  it('disproves nothing by an outage when requests failed without a fault, too', async () => {
    const domainOf = (result: DrillResult): string | undefined => result.report.domains.find((one) => one.domain === 'API server')?.verdict
    const quiet = await drill(new FakeWorld({ 'apiserver-kill': outage, 'quorum-lost': outage }), ['apiserver-kill'])
    expect(domainOf(quiet)).toBe('disproved')
    const noisy = await drill(new FakeWorld({ 'no-fault': { outageMs: 80 }, 'apiserver-kill': outage, 'quorum-lost': outage }), [
      'apiserver-kill',
    ])
    expect(reasons(noisy, 'no-fault')).toEqual(['control-disturbed'])
    expect(domainOf(noisy)).toBe('not proven')
    expect(summaryOf(noisy.report).sentence).toContain('requests failed without any fault')
  })

  it('fails a fault that the watcher of claims had to see and did not', async () => {
    const claim = 'virtual-ip/one-holder'
    const seen = await drill(new FakeWorld({ 'keepalived-freeze': { seenClaims: [claim] }, 'quorum-lost': outage }), ['keepalived-freeze'])
    expect(verdicts(seen)).toMatchObject({ 'keepalived-freeze': 'pass' })
    const unseen = await drill(new FakeWorld({ 'quorum-lost': outage }), ['keepalived-freeze'])
    expect(reasons(unseen, 'keepalived-freeze')).toEqual(['claim-not-seen'])
  })

  it('refuses an unhealthy cluster unless it is forced', async () => {
    const world = new FakeWorld({ 'quorum-lost': outage })
    world.healthy = false
    await expect(drill(world, ['apiserver-kill'])).rejects.toMatchObject({ problem: { code: 'Q6302' } })
    expect(world.done).toEqual(['heal'])
    const forced = await drill(world, ['apiserver-kill'], { force: true })
    expect(forced.report.faults).toHaveLength(3)
  })

  it('undoes what an earlier drill left, and says so', async () => {
    const world = new FakeWorld({ 'quorum-lost': outage })
    world.leftovers = ['cp-1: rules of a cut network']
    const notes = (await told(world, ['proxy-kill'])).flatMap((one) => (one.type === 'note' ? [one.text] : []))
    expect(notes).toEqual(['left by an earlier drill, undone: cp-1: rules of a cut network'])
  })

  it('refuses a fault that does not exist', async () => {
    const thrown = await drill(new FakeWorld({}), ['apiserver-kil']).catch((error: AggregateError) => error)
    expect((thrown as AggregateError).errors[0]).toBeInstanceOf(Fault)
    expect((thrown as AggregateError).errors[0].problem.code).toBe('Q6001')
  })

  it('undoes the open fault on Ctrl-C, then stops, and calls the run incomplete', async () => {
    const stop = new AbortController()
    const world = new FakeWorld({
      'proxy-kill': { outageMs: Number.POSITIVE_INFINITY, onInject: () => stop.abort() },
      'quorum-lost': outage,
    })
    const result = await drill(world, ['apiserver-kill', 'proxy-kill', 'keepalived-kill'], { signal: stop.signal })
    expect(world.done.slice(-2)).toEqual(['inject proxy-kill', 'undo proxy-kill'])
    expect(result.complete).toBe(false)
    expect(result.head.state).toBe('interrupted')
    expect(verdicts(result)).toMatchObject({
      'proxy-kill': 'not-evaluated',
      'keepalived-kill': 'not-evaluated',
      'quorum-lost': 'not-evaluated',
    })
    expect(result.report.faults.find((one) => one.id === 'proxy-kill')?.reasons[0]?.says).toContain('interrupted')
  })

  it('ends when nobody measures any more, and judges what there is', async () => {
    const world = new FakeWorld({ 'quorum-lost': outage })
    world.scripts['proxy-kill'] = { onInject: () => world.killWatcher('SIGKILL') }
    const result = await drill(world, ['proxy-kill', 'keepalived-kill'])
    expect(result.problem?.code).toBe('Q6502')
    expect(verdicts(result)).toMatchObject({ 'no-fault': 'pass', 'keepalived-kill': 'not-evaluated' })
  })

  it('repeats in rounds and merges, controls once', async () => {
    const world = new FakeWorld({ 'quorum-lost': outage })
    const result = await drill(world, ['apiserver-kill'], { select: { only: ['apiserver-kill'], repeat: 3 } })
    expect(world.done.filter((one) => one.startsWith('inject'))).toHaveLength(5)
    expect(result.report.faults.map((one) => [one.id, one.repeats.length])).toEqual([
      ['no-fault', 0],
      ['apiserver-kill', 3],
      ['quorum-lost', 0],
    ])
  })

  it('drills each zone, or the one that is named', async () => {
    const world = new FakeWorld({ 'quorum-lost': outage })
    const result = await drill(world, ['zone-power'], { select: { only: ['zone-power'], zone: 'b' } })
    const zone = result.report.faults.find((one) => one.id === 'zone-power')
    expect(zone?.victim.role).toBe('zone b')
    expect(zone?.victim.machines).toEqual(world.cluster.machines.filter((m) => m.zone === 'b').map((m) => m.name))
    await expect(drill(world, [], { select: { only: ['zone-power'], zone: 'x' } })).rejects.toMatchObject({ problem: { code: 'Q6304' } })
  })

  it('is judged again from its directory with the same result', async () => {
    const now = Date.parse('2030-01-01T00:00:00Z')
    const world = new FakeWorld({ 'apiserver-kill': { outageMs: 300 }, 'proxy-kill': { loses: true }, 'quorum-lost': outage })
    const first = await drill(world, ['apiserver-kill', 'proxy-kill'], { now: () => now })
    const again = await judgeRun(first.directory, { now })
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, one) => (key === 'tookMs' && typeof one === 'number' ? 0 : one)))
    expect(plain(again.report)).toEqual(plain(first.report))
  })

  it('tells how each fault went', async () => {
    const events = await told(new FakeWorld({ 'quorum-lost': outage, 'proxy-kill': { outageMs: 60 } }), ['proxy-kill'])
    const own = events.filter((one) => 'fault' in one && one.fault === 'proxy-kill')
    expect(own.map((one) => (one.type === 'drill.fault.phase' ? one.phase : one.type))).toEqual([
      'drill.fault.started',
      'prepare',
      'baseline',
      'break',
      'hold',
      'mend',
      'settle',
      'redundancy',
      'drill.fault.done',
    ])
    expect(own.at(-1)).toMatchObject({ verdict: 'pass', victims: ['lb-1'], predictedMs: 150, safety: 'valid', reasons: [] })
  })
})
