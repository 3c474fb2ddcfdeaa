import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initText } from '../../src/config/init.js'
import { loadCluster } from '../../src/config/load.js'
import { type BalancerKind, balancerKinds, type Cluster } from '../../src/model/cluster.js'
import { planOf, runBuilding } from '../../src/operate/engine.js'
import { expand } from '../../src/plan/expand.js'
import { bootstrap } from '../../src/plan/phases.js'
import { stepWork } from '../../src/steps/work.js'
import { fakeWorld } from './fake-world.js'

const sized = (controlPlanes: number, workers: number, balancers: number, balancer: BalancerKind = 'haproxy-keepalived'): Cluster => {
  const text = initText({ name: 'fake', controlPlanes, workers, balancers, zones: 3 }, balancer)
  const { cluster, problems } = loadCluster(text, 'fake.yaml')
  if (!cluster) throw new Error(JSON.stringify(problems))
  return cluster
}

const clusters = fc
  .record({
    controlPlanes: fc.constantFrom(1, 3, 5),
    workers: fc.integer({ min: 0, max: 4 }),
    balancers: fc.constantFrom(0, 2, 3),
    balancer: fc.constantFrom(...balancerKinds),
  })
  .map(({ controlPlanes, workers, balancers, balancer }): Cluster => ({ ...sized(controlPlanes, workers, balancers), balancer }))

describe('the tree of phases', () => {
  it('has work behind every phase, and no work without a phase', () => {
    const phases = bootstrap.flatMap((stage) => stage.phases.map((p) => p.id)).filter((id) => id !== 'claims/hold')
    expect(Object.keys(stepWork).sort()).toEqual(phases.sort())
  })

  it('puts nothing before what it needs, in any cluster', () => {
    fc.assert(
      fc.property(clusters, (cluster) => {
        const slots = expand(cluster, bootstrap)
        const at = new Map(slots.map((slot, i) => [slot.id, i]))
        for (const [i, slot] of slots.entries()) for (const need of slot.needs) expect(at.get(need)).toBeLessThan(i)
      }),
    )
  })
})

describe('a plan', () => {
  it('is empty after it was carried out, in any cluster; and planning writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(clusters, async (cluster) => {
        const world = fakeWorld(cluster)
        try {
          const before = await world.session(true)
          const first = await planOf(before, world.steps(before))
          expect(first.steps.some((step) => step.state === 'todo')).toBe(true)
          expect(before.pki).toBeUndefined()

          const session = await world.session()
          const outcome = await runBuilding(session, world.steps(session), () => {}, 'apply')
          expect(outcome.ok).toBe(true)

          const again = await world.session()
          expect((await planOf(again, world.steps(again))).steps.filter((step) => step.state !== 'done')).toEqual([])
          expect((await runBuilding(again, world.steps(again), () => {}, 'apply')).changed).toBe(0)
        } finally {
          world.remove()
        }
      }),
      { numRuns: 12 },
    )
  }, 60_000)

  it('of 500 machines takes at most 2 s', async () => {
    const world = fakeWorld(sized(5, 492, 3))
    try {
      const session = await world.session(true)
      const startedMs = performance.now()
      const plan = await planOf(session, world.steps(session))
      const ms = performance.now() - startedMs
      expect(plan.steps.length).toBeGreaterThan(1500)
      // A limit against growing worse than linear. The figure itself is measured by `npm run bench`, where nothing else runs.
      expect(ms).toBeLessThan(10_000)
      console.log(`500 machines planned in ${Math.round(ms)} ms`)
    } finally {
      world.remove()
    }
  }, 30_000)
})
