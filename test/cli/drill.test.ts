import { describe, expect, it } from 'vitest'
import type { Verbs } from '../../src/cli/verbs.js'
import { defaultCluster } from '../../src/config/init.js'
import { planDrill } from '../../src/drill/plan-drill.js'
import { predictFault } from '../../src/drill/predict.js'
import type { DrillHead } from '../../src/drill/record.js'
import { fault, problem } from '../../src/model/problem.js'
import { sampleReport } from '../report/sample.js'
import { cli } from './terminal.js'

type Drilled = Awaited<ReturnType<Verbs['drill']>>

const files = { html: '/runs/1/report.html', markdown: '', junit: '', json: '' }
const head = { state: 'done', leftOut: [{ id: 'workers-cut', title: 'x', because: 'no workers' }] } as unknown as DrillHead
const bad = sampleReport()
const good = { ...bad, faults: bad.faults.filter((one) => one.verdict === 'pass') }
const drilled = (more: Partial<Drilled> = {}): Drilled => ({
  report: good,
  head,
  complete: true,
  notes: [],
  directory: '/runs/1',
  files,
  ...more,
})
const asked: unknown[] = []
const drilling = (result: Drilled): Partial<Verbs> => ({
  drill: async (file, { select, out, seed, confirm, force, emit }) => {
    asked.push({ file, select, out, seed, confirm, force })
    emit({ type: 'run.started', verb: 'drill', cluster: 'demo', machines: ['cp-1'], steps: 2 })
    emit({
      type: 'drill.fault.started',
      n: 1,
      of: 2,
      fault: 'proxy-kill',
      title: 'Proxy killed',
      role: 'virtual IP holder',
      victims: ['lb-1'],
      predictedMs: 500,
    })
    emit({ type: 'drill.fault.phase', n: 1, fault: 'proxy-kill', phase: 'hold' })
    const done = {
      fault: 'proxy-kill',
      title: 'Proxy killed',
      victims: ['lb-1'],
      probe: 'new connection',
      longestMs: 40,
      predictedMs: 500,
      redundancyMs: 3100,
      ms: 9000,
    }
    emit({ type: 'drill.fault.done', n: 1, of: 2, ...done, verdict: 'pass', spanMs: 80, safety: 'valid', reasons: [] })
    emit({
      type: 'drill.fault.done',
      n: 2,
      of: 2,
      ...done,
      verdict: 'fail',
      spanMs: 4000,
      safety: 'violated',
      reasons: ['a write was lost'],
    })
    return result
  },
})

describe('quorate drill', () => {
  it('ends with 0 when all is proven, and says where the report is', async () => {
    const { status, out, err } = await cli(['drill'], { verbs: drilling(drilled()) })
    expect(status).toBe(0)
    for (const part of ['score', 'proven', 'report      /runs/1/report.html', 'WORST OUTAGE OF', 'workers-cut (no workers)'])
      expect(out).toContain(part)
    expect(err).toContain('1/2  Proxy killed: lb-1 (predicted 500 ms)')
    expect(err).toContain('80 ms (longest run 40 ms, predicted 500 ms)  redundant after 3.1 s  pass')
    expect(err).toContain('FAIL')
    expect(err).toContain('writes were not safe')
    expect(err).toContain('a write was lost')
  })

  it('ends with 4 when a limit or an invariant is broken, and says why', async () => {
    const { status, out } = await cli(['drill'], { verbs: drilling(drilled({ report: bad })) })
    expect(status).toBe(4)
    const failed = bad.faults.find((one) => one.verdict === 'fail')
    expect(out).toContain(failed?.reasons[0]?.says ?? 'nothing failed in the sample')
  })

  it('ends with 4 when it is incomplete, and tells the problem that ended it', async () => {
    const ended = problem('Q6303', { fault: 'Proxy killed', cluster: 'demo', open: 2, first: 'all vote (2 of 3)' })
    const { status, out, err } = await cli(['drill'], {
      verbs: drilling(drilled({ complete: false, notes: ['3 were not drilled'], problem: ended })),
    })
    expect(status).toBe(4)
    expect(out).toContain('3 were not drilled')
    expect(err).toContain('Q6303')
  })

  it('hands over what was asked for', async () => {
    asked.length = 0
    const words = [
      'drill',
      'x.yaml',
      '--only',
      'process, holder-power',
      '--repeat',
      '5',
      '--seed',
      '7',
      '--zone',
      'a',
      '--out',
      '/o',
      '--confirm',
      'prod',
    ]
    await cli([...words, '--force-unhealthy'], { verbs: drilling(drilled()) })
    const select = { profile: 'full', only: ['process', 'holder-power'], repeat: 5, zone: 'a' }
    expect(asked).toEqual([{ file: 'x.yaml', select, out: '/o', seed: 7, confirm: 'prod', force: true }])
  })

  it('prints the report as JSON and nothing else on stdout', async () => {
    const { out } = await cli(['drill', '-o', 'json'], { verbs: drilling(drilled()) })
    expect(JSON.parse(out).score).toEqual(good.score)
  })

  it('prints events as lines of JSON', async () => {
    const { out } = await cli(['drill', '-o', 'events'], { verbs: drilling(drilled()) })
    const types = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types).toEqual(['run.started', 'drill.fault.started', 'drill.fault.phase', 'drill.fault.done', 'drill.fault.done'])
  })

  it('ends with 2 where the name of the cluster was not typed', async () => {
    const refuse = async () => {
      throw fault('Q6301', { cluster: 'prod', given: 'nothing' })
    }
    const { status, err } = await cli(['drill', 'prod.yaml'], { verbs: { drill: refuse } })
    expect(status).toBe(2)
    expect(err).toContain('--confirm=prod')
  })

  it('--list shows every fault with its prediction and breaks nothing', async () => {
    const cluster = defaultCluster()
    const plan = planDrill(cluster, false, { only: ['etcd-leader-kill', 'holder-power'] }, (spec) => predictFault(spec, cluster))
    const { status, out } = await cli(['drill', '--list'], { verbs: { planFaults: async () => ({ cluster, lab: false, plan }) } })
    expect(status).toBe(0)
    expect(out).toMatch(/etcd-leader-kill +process +etcd leader +\S+ (s|ms) +etcd leader killed/)
    expect(out).toContain('left out: holder-power (only machines made by quorate')
    expect(out).toContain('control, must-fail')
  })
})

describe('quorate judge', () => {
  const judging = (complete: boolean, report = good): Partial<Verbs> => ({
    judge: async (directory) => ({ report, head, complete, notes: complete ? [] : ['the run is incomplete'], directory }),
  })
  it('ends with 0, or with 4 when something is broken or missing', async () => {
    expect((await cli(['judge', '/r'], { verbs: judging(true) })).status).toBe(0)
    expect((await cli(['judge', '/r'], { verbs: judging(true, bad) })).status).toBe(4)
    const incomplete = await cli(['judge', '/r'], { verbs: judging(false) })
    expect(incomplete.status).toBe(4)
    expect(incomplete.out).toContain('the run is incomplete')
  })
  it('prints JUnit and Markdown', async () => {
    expect((await cli(['judge', '/r', '-o', 'junit'], { verbs: judging(true) })).out).toContain('<testsuite')
    expect((await cli(['judge', '/r', '-o', 'markdown'], { verbs: judging(true) })).out).toMatch(/^# /)
  })
  it('needs a directory', async () => {
    expect((await cli(['judge'])).status).toBe(2)
  })
})

describe('quorate heal', () => {
  const cluster = defaultCluster()
  it('says that there was nothing', async () => {
    const { status, out } = await cli(['heal'], { verbs: { heal: async () => ({ cluster, healed: [] }) } })
    expect(status).toBe(0)
    expect(out).toContain('nothing to undo on 7 machines')
  })
  it('lists what was undone, and ends with 1 when something is still open', async () => {
    const healed = [
      { machine: 'cp-1', id: 'd1-2', what: 'etcd leader frozen: undone', ok: true },
      { machine: 'lb-1', id: '?', what: 'could not be asked', ok: false },
    ]
    const { status, out } = await cli(['heal'], { verbs: { heal: async () => ({ cluster, healed }) } })
    expect(status).toBe(1)
    expect(out).toMatch(/cp-1 +undone +etcd leader frozen: undone/)
    expect(out).toMatch(/lb-1 +FAILED/)
  })
})
