import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimsOf } from '../../src/check/claims.js'
import { checkCluster, confirmCluster } from '../../src/check/run-checks.js'
import { type WaitOptions, waitForClaims } from '../../src/check/wait.js'
import type { CheckResult } from '../../src/model/check.js'
import { demo } from './support/healthy.js'
import { World } from './support/world.js'

let world: World
beforeEach(async () => {
  world = await World.start(demo)
})
afterEach(() => world.stop())

const context = (rest: { signal?: AbortSignal; only?: string[] } = {}) => ({
  cluster: demo,
  fleet: world.fleet,
  adminTls: world.admin,
  etcdTls: world.admin,
  deadlineMs: 1500,
  ...rest,
})

const watch = async (options: Partial<WaitOptions> = {}, rest: Parameters<typeof context>[0] = {}) => {
  const changes: CheckResult[] = []
  const result = await waitForClaims(context(rest), { deadlineMs: 15_000, everyMs: 50, onChange: (one) => changes.push(one), ...options })
  return { ...result, changes }
}

describe('a check', () => {
  it('holds every claim of a healthy cluster', async () => {
    const results = await checkCluster(context())
    expect(results.filter((one) => one.verdict !== 'True')).toEqual([])
    expect(results.map((one) => one.id)).toEqual(claimsOf(demo).map((one) => one.id))
  })

  it('judges only what was asked for', async () => {
    const ids = (await checkCluster(context({ only: ['nodes', 'etcd/members'] }))).map((one) => one.id)
    expect(ids).toEqual(['etcd/members', 'nodes/ready', 'nodes/zones', 'nodes/pod-subnets'])
    expect(await checkCluster(context({ only: ['nothing'] }))).toEqual([])
  })

  it('tells apart what is False and what cannot be seen', async () => {
    world.takeDown('10.99.0.23', 'cp-3', 'lb-2')
    const verdicts = new Map((await checkCluster(context())).map((one) => [one.id, one.verdict]))
    expect(Object.fromEntries([...verdicts].filter(([, verdict]) => verdict === 'False'))).toEqual({
      'machines/reachable': 'False',
      'etcd/members': 'False',
      'control-plane/ready': 'False',
    })
    expect(verdicts.get('virtual-ip/one-holder')).toBe('Unknown')
    expect(verdicts.get('nodes/ready')).toBe('True')
  })

  it('looks twice at what does not hold, and tells what it saw then', async () => {
    world.takeDown('10.99.0.21', '10.99.0.23')
    setTimeout(() => world.down.delete('10.99.0.21'), 300)
    const open = (await confirmCluster(context())).filter((one) => one.verdict !== 'True')
    expect(open.map((one) => one.id)).toContain('control-plane/ready')
    expect(open.map((one) => one.evidence).join()).not.toContain('cp-1')
    expect(open.map((one) => one.evidence).join()).toContain('cp-3')
    world.down.clear()
    expect((await confirmCluster(context())).every((one) => one.verdict === 'True')).toBe(true)
    world.takeDown('10.99.0.23')
    const asked = confirmCluster(context({ signal: AbortSignal.timeout(700) }))
    await expect(asked).rejects.toThrow(/timeout|aborted/i)
  })
})

describe('waiting', () => {
  it('ends at once where everything holds, having told each claim once', async () => {
    const { ok, results, changes, ms } = await watch()
    expect(ok).toBe(true)
    expect(results.every((one) => one.verdict === 'True')).toBe(true)
    expect(changes.map((one) => one.id).sort()).toEqual(results.map((one) => one.id).sort())
    expect(ms).toBeLessThan(6000)
  })

  it('follows a cluster as it comes up', async () => {
    world.darken()
    for (const node of world.observed.nodes) node.ready = false
    for (const pod of world.observed.pods) pod.ready = false
    const { backends } = world.observed.balancers[0] ?? { backends: [] }
    for (const one of backends) if (one.status === 'UP') one.status = 'DOWN'
    const steps: (() => void)[] = [
      () => world.down.delete('10.99.0.21'),
      () => world.down.delete('10.99.0.22'),
      () => world.down.clear(),
      () => {
        for (const one of backends) if (one.status === 'DOWN') one.status = 'UP'
      },
      () => {
        for (const node of world.observed.nodes) node.ready = true
      },
      () => {
        for (const pod of world.observed.pods) pod.ready = true
      },
    ]
    let lastAt = 0
    const timers = steps.map((step, index) =>
      setTimeout(
        () => {
          step()
          lastAt = performance.now()
        },
        200 + index * 200,
      ),
    )
    const { ok, changes } = await watch()
    for (const timer of timers) clearTimeout(timer)
    expect(ok).toBe(true)
    // The last thing to come is seen within a few looks.
    expect(performance.now() - lastAt).toBeLessThan(3000)
    const trueAt = new Map(changes.flatMap((one, index) => (one.verdict === 'True' ? [[one.id, index] as const] : [])))
    expect(trueAt.get('workload/names')).toBeGreaterThan(trueAt.get('workload/ready') ?? Number.NaN)
    expect(trueAt.get('balancer/backends')).toBeGreaterThan(trueAt.get('control-plane/ready') ?? Number.NaN)
    // Every change once: no two reports in a row of one claim say the same.
    for (const id of new Set(changes.map((one) => one.id))) {
      const said = changes.filter((one) => one.id === id).map((one) => `${one.verdict} ${one.verdict === 'True' ? '' : one.evidence}`)
      expect(said.filter((text, index) => text === said[index - 1])).toEqual([])
    }
  })

  it('leaves alone what holds already', async () => {
    for (const node of world.observed.nodes) node.ready = false
    setTimeout(() => {
      for (const node of world.observed.nodes) node.ready = true
    }, 1200)
    const { ok } = await watch()
    expect(ok).toBe(true)
    const count = (end: string) => world.asked.filter((one) => one.endsWith(end)).length
    expect(count('/api/v1/nodes')).toBeGreaterThan(1)
    expect(world.asked.filter((one) => one === 'machine cp-1')).toHaveLength(1)
    // Seen at the start, and once more at the end.
    expect(count('10.99.0.21 /readyz')).toBeLessThanOrEqual(3)
    expect(world.asked.filter((one) => one === 'balancer lb-1').length).toBeLessThanOrEqual(3)
  })

  it('does not take for held what was lost again while others were waited for', async () => {
    for (const node of world.observed.nodes) node.ready = false
    const etcd = world.observed.etcd[1]
    setTimeout(() => {
      etcd?.alarms?.push({ memberId: 'aaa2', alarm: 'NOSPACE' })
    }, 500)
    setTimeout(() => {
      for (const node of world.observed.nodes) node.ready = true
    }, 2200)
    setTimeout(() => {
      if (etcd) etcd.alarms = []
    }, 3200)
    const { ok, changes, ms } = await watch()
    expect(ok).toBe(true)
    expect(ms).toBeGreaterThan(3100)
    expect(changes.filter((one) => one.id === 'etcd/no-alarm').map((one) => one.verdict)).toEqual(['True', 'False', 'True'])
  })

  it('gives up at the deadline, with a result for every claim', async () => {
    world.takeDown('10.99.0.22')
    world.silent.add('10.99.0.23')
    for (const pod of world.observed.pods) pod.ready = false
    const { ok, results, ms } = await watch({ deadlineMs: 2500 })
    expect(ok).toBe(false)
    expect(ms).toBeGreaterThan(2450)
    expect(ms).toBeLessThan(4000)
    expect(results.map((one) => one.id)).toEqual(claimsOf(demo).map((one) => one.id))
    const verdict = (id: string) => results.find((one) => one.id === id)
    expect(verdict('control-plane/ready')).toMatchObject({ verdict: 'False', machine: 'cp-2' })
    expect(verdict('workload/names')).toMatchObject({
      verdict: 'Unknown',
      evidence: 'not looked at before workload/ready and dns/replicas holds',
    })
    expect(verdict('nodes/ready')?.verdict).toBe('True')
  })

  it('stops when the caller does, whatever is under way', async () => {
    for (const m of demo.machines) world.silent.add(m.address)
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('stopped by hand')), 200)
    const started = performance.now()
    await expect(watch({}, { signal: stop.signal })).rejects.toThrow('stopped by hand')
    expect(performance.now() - started).toBeLessThan(3000)
  })
})
