import { describe, expect, it } from 'vitest'
import { glyphsFor } from '../../../src/cli/glyphs.js'
import { plainProgress } from '../../../src/cli/progress/plain.js'
import { palette } from '../../../src/cli/style.js'
import type { EventBody } from '../../../src/model/event.js'
import { recorder } from '../terminal.js'

const startMs = Date.parse('2026-01-02T03:04:05Z')

describe('plainProgress', () => {
  it('prints what matters, one line each, with the time since the start, and no control characters', () => {
    const err = recorder()
    const view = plainProgress('up', err, { glyphs: glyphsFor({}), paint: palette(false) }, () => startMs)
    let seq = 0
    const take = (afterMs: number, body: EventBody) =>
      view.take({ v: 1, seq: seq++, at: new Date(startMs + afterMs).toISOString(), ...body })
    take(0, { type: 'run.started', verb: 'up', cluster: 'demo', machines: ['a', 'b'], steps: 3 })
    take(0, { type: 'stage.started', stage: 's', title: 'Machines' })
    take(100, { type: 'step.started', step: 'x', title: 'kubelet runs', machine: 'a' })
    for (let i = 1; i <= 20; i++)
      take(100 + i * 1000, { type: 'step.progress', step: 'x', machine: 'a', done: i, total: 20, unit: 'images' })
    take(21_000, { type: 'step.done', step: 'x', title: 'kubelet runs', machine: 'a', ms: 20_900, changed: true })
    take(21_000, { type: 'step.done', step: 'y', title: 'found done', machine: 'b', ms: 3, changed: false })
    take(21_500, {
      type: 'step.failed',
      step: 'z',
      title: 'etcd runs',
      machine: 'b',
      ms: 1,
      problem: { code: 'Q4905', severity: 'error', data: { command: 'up' } },
      detail: 'deeper',
    })
    take(22_000, { type: 'stage.done', stage: 's', ms: 22_000 })
    view.close()
    const lines = err.text().trimEnd().split('\n')
    expect(lines).toEqual([
      '   0.0s  up demo: 2 machines, 3 steps',
      '   1.1s  a: kubelet runs: 1 of 20 images  5 %',
      expect.stringMatching(/^ {2}11\.1s {2}a: kubelet runs: 11 of 20 images {2}55 % {2}about 9 s left$/),
      '  20.1s  a: kubelet runs: 20 of 20 images  100 %',
      '  21.0s  a: kubelet runs (21 s)',
      expect.stringMatching(/^ {2}21\.5s {2}✗ b etcd runs: Q4905 /),
      '  21.5s      deeper',
      '  22.0s  ● Machines  22 s',
    ])
  })
})
