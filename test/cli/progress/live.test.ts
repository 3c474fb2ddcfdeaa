import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { glyphsFor } from '../../../src/cli/glyphs.js'
import { drawFrame } from '../../../src/cli/progress/frame.js'
import { liveProgress } from '../../../src/cli/progress/live.js'
import { emptyRun, remainingMs, takeEvent } from '../../../src/cli/progress/state.js'
import { palette, widthOf } from '../../../src/cli/style.js'
import type { Event, EventBody } from '../../../src/model/event.js'
import { recorder, screenOf } from '../terminal.js'

const look = { glyphs: glyphsFor({}), paint: palette(false) }
const startMs = Date.parse('2026-01-02T03:04:05Z')
const event = (body: EventBody, afterMs = 0): Event => ({ v: 1, seq: 0, at: new Date(startMs + afterMs).toISOString(), ...body })
const machinesNamed = (count: number) => Array.from({ length: count }, (_, i) => `m-${i + 1}`)
const begun = (machines: string[], steps = 10): Event => event({ type: 'run.started', verb: 'up', cluster: 'demo', machines, steps })

describe('drawFrame', () => {
  it('never exceeds the terminal, whatever happens', () => {
    const body = fc.oneof(
      fc.record({
        type: fc.constant('step.started' as const),
        step: fc.string(),
        title: fc.string(),
        machine: fc.constantFrom(...machinesNamed(50)),
      }),
      fc.record({
        type: fc.constant('step.done' as const),
        step: fc.string(),
        title: fc.string(),
        ms: fc.nat(),
        changed: fc.boolean(),
        machine: fc.constantFrom(...machinesNamed(50)),
      }),
      fc.record({
        type: fc.constant('step.progress' as const),
        step: fc.string(),
        done: fc.nat(),
        total: fc.nat(),
        unit: fc.constant('packages'),
        note: fc.string(),
      }),
      fc.record({ type: fc.constant('stage.started' as const), stage: fc.string(), title: fc.string() }),
    )
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 80 }),
        fc.integer({ min: 24, max: 200 }),
        fc.integer({ min: 4, max: 60 }),
        (bodies, columns, rows) => {
          const state = emptyRun('up', startMs)
          takeEvent(state, begun(machinesNamed(50)))
          for (const [i, one] of bodies.entries()) takeEvent(state, event(one, i * 500))
          const frame = drawFrame(state, { columns, rows }, 0, look)
          expect(frame.length).toBeLessThan(rows)
          for (const line of frame) expect(widthOf(line)).toBeLessThan(columns)
        },
      ),
    )
  })

  it('keeps working machines in sight and counts the rest when there are too many', () => {
    const state = emptyRun('up', startMs)
    takeEvent(state, begun(machinesNamed(100)))
    takeEvent(state, event({ type: 'step.started', step: 's', title: 'kubelet runs', machine: 'm-99' }))
    const text = drawFrame(state, { columns: 80, rows: 12 }, 0, look).join('\n')
    expect(text).toContain('m-99  ▸ kubelet runs')
    expect(text).toMatch(/and \d+ more: 0 working, 0 resting, \d+ waiting/)
  })

  it('shows amount, share and time left of a long step', () => {
    const state = emptyRun('up', startMs)
    takeEvent(state, event({ type: 'step.started', step: 'b', title: 'Build Kubernetes' }))
    for (let i = 0; i <= 10; i++) {
      takeEvent(state, event({ type: 'step.progress', step: 'b', done: i * 100, total: 3000, unit: 'packages' }, i * 6000))
    }
    expect(drawFrame(state, { columns: 100, rows: 20 }, 0, look).join('\n')).toContain(
      'this computer  ▸ Build Kubernetes  1,000 of 3,000 packages  33 %  about 2 min left',
    )
  })
})

describe('remainingMs', () => {
  it('follows the speed of the last minute, and is silent before there is one', () => {
    const amount = {
      done: 50,
      total: 100,
      unit: 'x',
      samples: [
        { atMs: 0, done: 0 },
        { atMs: 10_000, done: 50 },
      ],
    }
    expect(remainingMs(amount)).toBe(10_000)
    expect(remainingMs({ ...amount, samples: amount.samples.slice(1) })).toBeUndefined()
  })
})

describe('liveProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: startMs })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('redraws in place, keeps what lasts above, and leaves nothing behind', () => {
    const err = recorder({ isTTY: true, columns: 60, rows: 12 })
    const view = liveProgress('up', err, look, Date.now)
    view.take(begun(['cp-1', 'w-1']))
    view.take(event({ type: 'stage.started', stage: 's', title: 'Machines' }))
    view.take(event({ type: 'step.started', step: 'a', title: 'kubelet runs', machine: 'cp-1' }))
    vi.advanceTimersByTime(2000)
    const during = screenOf(err.text(), 60, 12).screen
    expect(during[0]).toMatch(/^\S up demo {2}Machines +2\.0 s$/)
    expect(during[3]).toMatch(/^ {2}cp-1 {2}▸ kubelet runs +2\.0 s$/)
    expect(during.filter((line) => line.includes('up demo'))).toHaveLength(1)

    view.take(event({ type: 'step.done', step: 'a', title: 'kubelet runs', machine: 'cp-1', ms: 2000, changed: true }, 2000))
    view.take(event({ type: 'stage.done', stage: 's', ms: 2000 }, 2000))
    vi.advanceTimersByTime(1000)
    view.close()
    const after = screenOf(err.text(), 60, 12)
    expect(after.screen.filter(Boolean)).toEqual(['● Machines  2.0 s'])
    expect(after.history).toEqual([])
    expect(err.text().endsWith('\x1b[?25h')).toBe(true)
  })

  it('tells a claim that is waited for once, not at each look', () => {
    const err = recorder({ isTTY: true, columns: 100, rows: 12 })
    const view = liveProgress('up', err, look, Date.now)
    const result = { id: 'a/b', claim: 'it holds', verdict: 'False' as const, evidence: 'no' }
    for (let i = 0; i < 5; i++) {
      view.take(event({ type: 'check.changed', result }, i * 100))
      vi.advanceTimersByTime(200)
    }
    view.close()
    expect(screenOf(err.text(), 100, 12).screen.filter((line) => line.includes('it holds'))).toHaveLength(1)
  })

  it('writes nothing while nothing changes but the spinner and the clock', () => {
    const err = recorder({ isTTY: true, columns: 80, rows: 24 })
    const view = liveProgress('up', err, look, Date.now)
    view.take(begun(machinesNamed(7)))
    vi.advanceTimersByTime(10_000)
    view.close()
    expect(err.text().length).toBeLessThan(100_000)
  })
})
