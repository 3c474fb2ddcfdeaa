import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareReports } from '../../src/report/compare.js'
import { judgeDomains } from '../../src/report/domains.js'
import type { DomainReport, FaultReport } from '../../src/report/drill-report.js'
import { median, milliseconds } from '../../src/report/format.js'
import { mergeRepeats } from '../../src/report/repeats.js'
import { type Finding, scoreOf } from '../../src/report/score.js'
import { summaryOf } from '../../src/report/summary.js'
import { controlsOf, exitStatusOf, judgeFault } from '../../src/report/verdict.js'
import { sampleReport } from './sample.js'

const report = sampleReport()
const get = (id: string): FaultReport => {
  const fault = report.faults.find((one) => one.id === id)
  if (!fault) throw new Error(`no ${id} in the sample`)
  return structuredClone(fault)
}
const kindsOf = (fault: FaultReport): string[] => judgeFault(fault).reasons.map((one) => one.kind)
const changed = (id: string, change: (fault: FaultReport) => void): FaultReport => {
  const fault = get(id)
  change(fault)
  return { ...fault, ...judgeFault(fault) }
}
const headline = (fault: FaultReport) => {
  const probe = fault.measured[0]
  if (!probe) throw new Error('no probe')
  return probe
}
const vip = 'machine-power-loss-vip'

describe('the verdict of a fault', () => {
  it('passes within the prediction, to the uncertainty of the probe, and fails beyond', () => {
    const at = (ms: number) =>
      changed(vip, (fault) => {
        headline(fault).spanMs = ms
      })
    expect(at(480).verdict).toBe('pass')
    expect(at(480 + headline(get(vip)).uncertaintyMs).verdict).toBe('pass')
    expect(at(506)).toMatchObject({ verdict: 'fail', reasons: [{ kind: 'outage-over-budget' }] })
  })
  it('tells slow from gone: service that only healing brought back is a single point of failure', () => {
    const gone = changed(vip, (fault) => {
      headline(fault).returnedMs = (fault.times.healedMs ?? 0) + 10
    })
    expect(kindsOf(gone)).toEqual(['service-never-returned'])
    const never = changed(vip, (fault) => {
      delete headline(fault).returnedMs
    })
    expect(kindsOf(never)).toEqual(['service-never-returned'])
  })
  it.each<[string, (fault: FaultReport) => void, string, FaultReport['verdict']]>([
    ['was not seen in force', (one) => Object.assign(one.effectProof, { proven: false }), 'fault-not-effective', 'not-evaluated'],
    ['never began', (one) => delete one.times.effectiveMs, 'not-run', 'not-evaluated'],
    ['was not undone', (one) => Object.assign(one.undoProof, { proven: false }), 'fault-not-undone', 'fail'],
    ['left redundancy away', (one) => Object.assign(one.redundancy, { back: false }), 'redundancy-not-back', 'fail'],
    ['brought redundancy back too late', (one) => Object.assign(one.redundancy, { tookMs: 61_000 }), 'redundancy-not-back', 'fail'],
    ['split the virtual IP', (one) => Object.assign(one, { virtualIp: { gapMs: 0, splitMs: 1500 } }), 'virtual-ip-split', 'fail'],
    ['lost a write', (one) => Object.assign(one.safety, { verdict: 'violated' }), 'safety-violated', 'fail'],
    ['could not be judged for safety', (one) => Object.assign(one.safety, { verdict: 'unknown' }), 'safety-unknown', 'not-evaluated'],
    ['was probed too little', (one) => Object.assign(headline(one), { total: 3 }), 'too-few-samples', 'not-evaluated'],
    ['was probed by a stalled prober', (one) => Object.assign(headline(one), { voided: 1000 }), 'too-few-samples', 'not-evaluated'],
    ['was not probed', (one) => Object.assign(one, { measured: [] }), 'too-few-samples', 'not-evaluated'],
    ['broke the limit of another class', (one) => Object.assign(one.measured[4] ?? {}, { budgetMs: 1000 }), 'outage-over-budget', 'fail'],
  ])('of one that %s', (_, change, kind, verdict) => {
    const fault = changed(vip, change)
    expect(fault.reasons.map((one) => one.kind)).toEqual([kind])
    expect(fault.verdict).toBe(verdict)
  })
  it('of the controls: an outage that must be caught, quiet that must be left alone', () => {
    expect(get('quorum-lost').verdict).toBe('pass')
    const blind = changed('quorum-lost', (fault) => Object.assign(headline(fault), { failed: 0, spanMs: 0 }))
    expect(blind).toMatchObject({ verdict: 'fail', reasons: [{ kind: 'control-missed' }] })
    const lossy = changed('quorum-lost', (fault) => Object.assign(fault.safety, { verdict: 'violated' }))
    expect(lossy.verdict).toBe('fail')
    const noisy = changed('no-fault', (fault) => Object.assign(headline(fault), { failed: 1 }))
    expect(noisy).toMatchObject({ verdict: 'fail', reasons: [{ kind: 'control-disturbed' }] })
    expect(controlsOf(report.faults)).toBe('passed')
    expect(controlsOf([get('no-fault')])).toBe('not run')
    expect(controlsOf([get('quorum-lost'), noisy])).toBe('failed')
  })
  it('ends the command with 4 unless everything passed', () => {
    expect(exitStatusOf(report)).toBe(4)
    expect(exitStatusOf({ faults: [] })).toBe(4)
    expect(exitStatusOf(sampleReport({ clean: true }))).toBe(0)
  })
})

describe('repeats', () => {
  const run = (spanMs: number) => changed(vip, (fault) => Object.assign(headline(fault), { spanMs }))
  it('show the run in the middle, and all spans', () => {
    const merged = mergeRepeats([run(400), run(300), run(350)])
    expect(headline(merged).spanMs).toBe(350)
    expect(merged.repeats.map((one) => one.spanMs)).toEqual([400, 300, 350])
    expect(merged.verdict).toBe('pass')
    expect(merged.safety.acknowledgedWrites).toBe(3 * get(vip).safety.acknowledgedWrites)
  })
  it('fail when one run fails, and show that one', () => {
    const merged = mergeRepeats([run(400), run(5000), run(350)])
    expect(merged).toMatchObject({ verdict: 'fail', reasons: [{ kind: 'outage-over-budget' }, { kind: 'repeat-failed' }] })
    expect(headline(merged).spanMs).toBe(5000)
  })
  it('are not judged by a run that could not be, unless none could', () => {
    const open = changed(vip, (fault) => Object.assign(fault.effectProof, { proven: false }))
    expect(mergeRepeats([open, run(400)]).verdict).toBe('pass')
    expect(mergeRepeats([open, open]).verdict).toBe('not-evaluated')
    expect(() => mergeRepeats([])).toThrow(RangeError)
  })
})

describe('failure domains', () => {
  const lb1 = { kind: 'machine', name: 'lb-1' } as const
  it('are proven only by their own loss', () => {
    expect(judgeDomains([lb1, { kind: 'machine', name: 'lb-2' }], [get(vip)]).map((one) => one.verdict)).toEqual(['proven', 'not proven'])
  })
  it('are disproved by one loss that was not survived, whatever else passed', () => {
    const gone = changed(vip, (fault) => {
      delete headline(fault).returnedMs
    })
    expect(judgeDomains([lb1], [get('zone-power-loss'), gone])).toMatchObject([{ verdict: 'disproved', faults: ['zone-power-loss', vip] }])
  })
  it('are not proven by a loss that was survived too late, or not judged', () => {
    const late = changed(vip, (fault) => Object.assign(headline(fault), { spanMs: 5000 }))
    const open = changed(vip, (fault) => Object.assign(fault.effectProof, { proven: false }))
    for (const one of [late, open]) expect(judgeDomains([lb1], [one, get('zone-power-loss')])).toMatchObject([{ verdict: 'not proven' }])
  })
  it('owe nothing to controls', () => {
    expect(
      judgeDomains([{ kind: 'machine', name: 'cp-2' }], [{ ...get('quorum-lost'), domains: [{ kind: 'machine', name: 'cp-2' }] }]),
    ).toMatchObject([{ verdict: 'not proven', faults: [] }])
  })
})

describe('the score', () => {
  const now = Date.parse('2026-12-01T00:00:00Z')
  const domain = (verdict: DomainReport['verdict']): DomainReport => ({ domain: 'x', kind: 'machine', verdict, because: [], faults: [] })
  const held: Finding = { id: 'a', title: 'a', weight: 1, verdict: 'True', evidence: 'drilled', drilledAt: '2026-11-21T00:00:00Z' }
  const options = { now, controls: 'passed' } as const
  it('is 100 only for findings all held, drilled and fresh, every domain proven, and controls passed', () => {
    expect(scoreOf([domain('proven')], [held], options).value).toBe(100)
    expect(scoreOf([domain('proven')], [held], { ...options, now: now + 40 * 86_400_000 }).value).toBe(75)
    expect(scoreOf([domain('proven')], [{ ...held, drilledAt: 'never' }], options).value).toBe(75)
    expect(scoreOf([domain('proven')], [held], { ...options, controls: 'not run' }).value).toBe(79)
    expect(scoreOf([], [held], options).value).toBe(79)
    expect(scoreOf([domain('proven'), domain('not proven')], [held], options).value).toBe(79)
    expect(scoreOf([domain('proven'), domain('disproved')], [held], options).value).toBe(49)
    expect(scoreOf([domain('proven')], [], options).value).toBe(0)
  })
  it('counts a claim that cannot be drilled in full when it was seen live', () => {
    expect(scoreOf([domain('proven')], [{ ...held, evidence: 'live', attainable: 'live' }], options).value).toBe(100)
    expect(scoreOf([domain('proven')], [{ ...held, evidence: 'live' }], options).value).toBe(75)
  })
  it('never rises when something becomes unknown, false, weaker or older, and never exceeds its cap', () => {
    const finding = fc.record({
      id: fc.constant('x'),
      title: fc.constant('x'),
      weight: fc.integer({ min: 1, max: 5 }),
      verdict: fc.constantFrom<Finding['verdict'][]>('True', 'False', 'Unknown'),
      evidence: fc.constantFrom<Finding['evidence'][]>('declared', 'static', 'live', 'drilled'),
      drilledAt: fc.constantFrom('2026-11-30T00:00:00Z', '2020-01-01T00:00:00Z'),
    })
    const domains = fc.array(fc.constantFrom(domain('proven'), domain('not proven'), domain('disproved')))
    fc.assert(
      fc.property(fc.array(finding, { minLength: 1 }), domains, fc.nat(), (findings, some, at) => {
        const score = scoreOf(some, findings, options)
        expect(score.value).toBeLessThanOrEqual(score.cap)
        expect(score.value).toBeGreaterThanOrEqual(0)
        const index = at % findings.length
        for (const worse of [
          { verdict: 'Unknown' },
          { verdict: 'False' },
          { evidence: 'declared' },
          { drilledAt: '2020-01-01T00:00:00Z' },
        ] as Partial<Finding>[]) {
          const less = findings.map((one, i) => (i === index ? { ...one, ...worse } : one))
          expect(scoreOf(some, less, options).value).toBeLessThanOrEqual(score.value)
        }
        expect(scoreOf([...some, domain('disproved')], findings, options).value).toBeLessThanOrEqual(49)
      }),
    )
  })
})

describe('the sentence', () => {
  it('says what was found', () => {
    expect(summaryOf(sampleReport({ clean: true }))).toMatchObject({
      tone: 'good',
      sentence: 'demo survives the loss of any one machine and of any one zone, without losing a write.',
      controls: 'passed',
    })
    expect(summaryOf(report)).toMatchObject({ tone: 'bad', label: 'Limit broken' })
    expect(summaryOf(sampleReport({ unsafe: true }))).toMatchObject({ tone: 'bad', label: 'Writes not safe', unsafe: 1 })
    expect(summaryOf({ ...report, faults: [], domains: [] })).toMatchObject({ tone: 'open', label: 'Not proven' })
  })
  it('claims nothing when the controls were left out', () => {
    const clean = sampleReport({ clean: true })
    const summary = summaryOf({ ...clean, faults: clean.faults.filter((one) => one.control === undefined) })
    expect(summary).toMatchObject({ tone: 'open', controls: 'not run' })
    expect(summary.sentence).toContain('nothing is proven')
  })
})

describe('a comparison', () => {
  const with_ = (spans: number[], change: (fault: FaultReport) => void = () => {}) => {
    const fault = get(vip)
    fault.repeats = spans.map((spanMs) => ({ victim: 'lb-1', spanMs, longestMs: spanMs, failed: 1, total: 10, verdict: 'pass' }))
    change(fault)
    return { ...report, faults: [fault] }
  }
  const rowOf = (now: number[], then: number[]) => compareReports(with_(now), with_(then), 'before').rows[0]
  it('counts a difference only beyond the noise of both runs', () => {
    expect(rowOf([360, 390, 340, 372, 410], [365, 380, 350, 377, 402])?.change).toBe('same')
    expect(rowOf([360, 390, 340, 372, 410], [3400, 3200, 3500, 3300, 3450])).toMatchObject({ change: 'better', nowMs: 372, thenMs: 3400 })
    expect(rowOf([900, 910, 905], [400, 410, 420])?.change).toBe('worse')
    // The same medians with a wide spread tell nothing.
    expect(rowOf([100, 905, 1800], [50, 410, 1500])?.change).toBe('same')
  })
  it('asks more of single runs', () => {
    expect(rowOf([300], [400])?.change).toBe('same')
    expect(rowOf([300], [3000])).toMatchObject({ change: 'better', nowRuns: 1, thenRuns: 1 })
    expect(rowOf([300], [3000])?.ratio).toBeCloseTo(10)
  })
  it('puts a changed verdict above any figure, and gives no ratio below what the probe can see', () => {
    const failed = with_([100], (fault) => {
      fault.verdict = 'fail'
    })
    expect(compareReports(failed, with_([3000]), 'before').rows[0]?.change).toBe('worse')
    expect(rowOf([0], [3000])?.ratio).toBeUndefined()
  })
  it('names what else was different, what is new and what is gone', () => {
    const other = { ...with_([300]), timing: { ...report.timing, connectMs: 999 }, quorate: '0.0.1', faults: [get('haproxy-kill')] }
    const { differences, rows } = compareReports(with_([300]), other, 'before')
    expect(differences).toEqual(['quorate 0.1.0 now, 0.0.1 then', 'timing profile fast has other values'])
    expect(rows.map((one) => [one.fault, one.change])).toEqual([
      [vip, 'new'],
      ['haproxy-kill', 'gone'],
    ])
  })
})

describe('figures', () => {
  it('carry the digits of their size', () => {
    expect([0, 0.4, 48.2, 99.6, 410, 9994, 12_340, 60_000, 250_000, 7_500_000].map(milliseconds)).toEqual([
      '0',
      '0',
      '48 ms',
      '0.10 s',
      '0.41 s',
      '9.99 s',
      '12.3 s',
      '1 min',
      '4 min 10 s',
      '2 h 5 min',
    ])
  })
  it('the median is the middle', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([5])]).toEqual([2, 2.5, 5])
  })
})
