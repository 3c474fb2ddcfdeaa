import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/event.js'
import type { Lane } from '../../src/model/plan.js'
import { fault } from '../../src/model/problem.js'
import { planSteps, runSteps } from '../../src/run/runner.js'
import type { Step } from '../../src/steps/step.js'

interface World {
  done: Set<string>
  order: string[]
  running: Set<string>
  overlap: number
}

const world = (): World => ({ done: new Set(), order: [], running: new Set(), overlap: 0 })

const step = (w: World, id: string, needs: string[] = [], rest: Partial<Step> = {}): Step => ({
  id,
  stage: 's',
  title: id,
  needs,
  lane: 'any',
  risk: 'none',
  awaits: false,
  observe: async () => (w.done.has(id) ? { state: 'done' } : { state: 'todo', reason: 'missing' }),
  run: async () => {
    w.running.add(id)
    w.overlap = Math.max(w.overlap, w.running.size)
    for (const need of needs) if (!w.done.has(need)) throw new Error(`${id} ran before ${need}`)
    await new Promise((r) => setImmediate(r))
    w.running.delete(id)
    w.order.push(id)
    w.done.add(id)
  },
  ...rest,
})

const run = (steps: Step[], extra: Partial<Parameters<typeof runSteps>[1]> = {}) => {
  const events: EventBody[] = []
  return runSteps(steps, { emit: (e) => events.push(e), nowMs: () => performance.now(), ...extra }).then((outcome) => ({ outcome, events }))
}

/** Steps whose needs point only at earlier ones: every such list is free of cycles. */
const graphs = fc
  .array(
    fc.record({ needs: fc.array(fc.nat(30), { maxLength: 4 }), lane: fc.constantFrom<Lane>('any', 'etcd-membership', 'virtual-ip') }),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((list) => list.map((n, i) => ({ id: `s${i}`, lane: n.lane, needs: [...new Set(n.needs.filter((k) => k < i).map((k) => `s${k}`))] })))

describe('runSteps', () => {
  it('tells what it changed and why, and counts no waiting as a change', async () => {
    const w = world()
    const { outcome, events } = await run([step(w, 'answers', [], { awaits: true }), step(w, 'work', ['answers'])])
    expect(w.order).toEqual(['answers', 'work'])
    expect(outcome).toMatchObject({ ok: true, changed: 1 })
    expect(outcome.results).toMatchObject([
      { step: 'answers', outcome: 'done' },
      { step: 'work', outcome: 'changed', reason: 'missing' },
    ])
    expect(events).toContainEqual({ type: 'step.started', step: 'answers', title: 'answers', reason: 'missing' })
  })

  it('keeps every problem of a step that failed with several', async () => {
    const w = world()
    const failing = async (): Promise<void> => {
      throw new AggregateError([fault('Q5601', { name: 'w-1' }), fault('Q5701', {}), fault('Q4018', {})])
    }
    const { outcome } = await run([step(w, 'claims', [], { run: failing })])
    const [result] = outcome.results
    expect([result?.problem?.code, ...(result?.more ?? []).map((one) => one.code)]).toEqual(['Q5601', 'Q5701', 'Q4018'])
  })

  it('runs every step once, after all that it needs, whatever the graph', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const w = world()
        const { outcome } = await run(graph.map((g) => step(w, g.id, g.needs, { lane: g.lane })))
        expect(outcome.ok).toBe(true)
        expect(w.order.toSorted()).toEqual(graph.map((g) => g.id).toSorted())
      }),
    )
  })

  it('a second run over the same world changes nothing, and plans nothing', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const w = world()
        const steps = graph.map((g) => step(w, g.id, g.needs))
        await run(steps)
        expect((await run(steps)).outcome.changed).toBe(0)
        expect((await planSteps(steps)).every((s) => s.state === 'done')).toBe(true)
      }),
    )
  })

  it('steps without order run at the same time, steps of one lane never do', async () => {
    const free = world()
    await run([step(free, 'a'), step(free, 'b'), step(free, 'c')])
    expect(free.overlap).toBe(3)
    const laned = world()
    await run(['a', 'b', 'c'].map((id) => step(laned, id, [], { lane: 'etcd-membership' })))
    expect(laned.overlap).toBe(1)
  })

  it('a failure stops only what needs it, and every cause is kept', async () => {
    const w = world()
    const broken = (id: string): Step => step(w, id, [], { run: async () => Promise.reject(new Error(`${id} broke`)) })
    const { outcome } = await run([broken('a'), broken('b'), step(w, 'after-a', ['a']), step(w, 'free')])
    expect(outcome.ok).toBe(false)
    expect(outcome.results.map((r) => [r.step, r.outcome])).toEqual([
      ['a', 'failed'],
      ['b', 'failed'],
      ['after-a', 'not-run'],
      ['free', 'changed'],
    ])
    expect(outcome.results[0]?.problem?.data.reason).toBe('a broke')
  })

  it('an abort finishes what runs and starts nothing new', async () => {
    const w = world()
    const stop = new AbortController()
    const first = step(w, 'first', [], {
      run: async () => {
        stop.abort()
        await new Promise((r) => setTimeout(r, 5))
        w.done.add('first')
      },
    })
    const { outcome } = await run([first, step(w, 'second', ['first'])], { signal: stop.signal })
    expect(outcome.interrupted).toBe(true)
    expect(outcome.results.map((r) => r.outcome)).toEqual(['changed', 'not-run'])
  })
})
