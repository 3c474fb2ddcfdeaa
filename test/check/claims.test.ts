import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claim } from '../../src/check/claim.js'
import { claims, claimsOf } from '../../src/check/claims.js'
import { summarise } from '../../src/check/summary.js'
import type { Cluster } from '../../src/model/cluster.js'
import { codes, describe as inWords } from '../../src/model/codes.js'
import { emptyObserved } from '../../src/observe/cluster-facts.js'
import { apiDoors } from '../../src/render/endpoint.js'
import { healthyObserved as anyObserved, balancedGuest, pooled as demo, guest, healthyLive } from './support/healthy.js'
import { spoilt } from './support/spoilt.js'

const healthyObserved = (cluster: Cluster = demo) => anyObserved(cluster)
/** Claims about a hosted control plane are made about a guest. */
const shapeOf = (id: string): Cluster => (id === 'hosted/address' ? balancedGuest : id.startsWith('hosted/') ? guest : demo)

const claimOf = (id: string): Claim => {
  const found = claims.find((one) => one.id === id)
  if (!found) throw new Error(`no claim ${id}`)
  return found
}

describe('a healthy cluster', () => {
  it.each(claims.map((one) => [one.id, one] as const))('holds %s', (_, claim) => {
    const shape = shapeOf(claim.id)
    const result = claim.evaluate(shape, healthyObserved(shape), healthyLive(shape))
    expect(result).toMatchObject({ id: claim.id, claim: claim.claim, verdict: 'True' })
    expect(result.evidence).not.toBe('')
    expect(result.problem).toBeUndefined()
  })

  it('is judged by every claim', () => {
    const shapes = [demo, { ...demo, balancer: 'external' as const }, balancedGuest]
    expect(claims.filter((one) => shapes.some((shape) => claimsOf(shape).includes(one)))).toEqual(claims)
    expect(new Set(claims.map((one) => one.id)).size).toBe(claims.length)
  })
})

describe('a spoilt cluster', () => {
  it.each(spoilt.map((one) => [`${one.claim} is ${one.verdict} when ${one.when}`, one] as const))(
    '%s',
    (_, { claim, verdict, machine, code, evidence, spoil }) => {
      const shape = shapeOf(claim)
      const [observed, live] = [healthyObserved(shape), healthyLive(shape)]
      spoil(observed, live)
      const result = claimOf(claim).evaluate(shape, observed, live)
      expect(result.verdict).toBe(verdict)
      expect(result.problem?.code).toBe(code)
      if (machine) expect(result.machine).toBe(machine)
      if (evidence) expect(result.evidence).toMatch(evidence)
      const words = inWords(result.problem ?? { code: '', severity: 'error', data: {} })
      expect(words.exit).toBe(4)
      // Placeholders that nothing fills would end up in the terminal.
      expect(`${words.message} ${words.remedy}`).not.toMatch(/\{\w+\}/)
    },
  )

  it('has a way of being False and of being Unknown for every claim', () => {
    for (const verdict of ['False', 'Unknown'] as const) {
      const covered = new Set(spoilt.filter((one) => one.verdict === verdict).map((one) => one.claim))
      expect(claims.map((one) => one.id).filter((id) => !covered.has(id))).toEqual([])
    }
  })

  it('uses every code of this area, and only those', () => {
    const used = new Set(spoilt.map((one) => one.code))
    expect(
      Object.keys(codes)
        .filter((code) => code.startsWith('Q5'))
        .filter((code) => !used.has(code)),
    ).toEqual([])
  })

  it('warns of a certificate that expires, and fails for one that has', () => {
    const live = healthyLive(demo)
    const severity = (notAfter: string) => {
      for (const one of live.certificates ?? []) one.notAfterMs = Date.parse(notAfter)
      return claimOf('certificates/valid').evaluate(demo, healthyObserved(), live).problem?.severity
    }
    expect(severity('2026-12-01T00:00:00Z')).toBe('warning')
    expect(severity('2026-11-20T00:00:00Z')).toBe('error')
  })

  it('corrects the age of a lease by the clock of its holder', () => {
    const observed = healthyObserved()
    const holder = observed.machines.find((m) => m.machine === 'cp-1')
    const lease = observed.leases.find((one) => one.name === 'kube-scheduler')
    if (!holder || !lease) throw new Error('missing')
    // Its clock is 20 s behind ours, so a lease renewed just now looks 20 s old.
    holder.clockSkewMs = -20_000
    lease.renewAgeMs = 20_300
    expect(claimOf('leases/scheduler').evaluate(demo, observed, healthyLive(demo)).verdict).toBe('True')
  })
})

describe('what was not seen', () => {
  it('is never True: nothing at all', () => {
    for (const claim of claims)
      expect([claim.id, claim.evaluate(shapeOf(claim.id), emptyObserved('demo'), {}).verdict]).not.toEqual([claim.id, 'True'])
    expect(summarise(claims.map((claim) => claim.evaluate(demo, emptyObserved('demo'), {}))).ok).toBe(false)
  })

  it('is Unknown: a part that could not be looked at', () => {
    for (const claim of claims) {
      for (const part of claim.needs) {
        const shape = shapeOf(claim.id)
        const observed = { ...healthyObserved(shape), unseen: { [part]: 'no API server answers' } }
        const result = claim.evaluate(shape, observed, healthyLive(shape))
        expect(result).toMatchObject({ verdict: 'Unknown', evidence: 'no API server answers', problem: { code: 'Q5001' } })
      }
    }
  })

  /** Objects and records by path; what lies inside nested lists of plain texts is a fact of its own and is left alone. */
  const removable = (value: unknown, path: (string | number)[] = []): (string | number)[][] => {
    if (Array.isArray(value))
      return value.flatMap((one, index) => (typeof one === 'object' && one !== null ? removable(one, [...path, index]) : []))
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...removable(inner, [...path, key])])
  }

  /** Fields whose absence means that something was seen. */
  const saysUnseen = (path: (string | number)[]): boolean =>
    path.includes('unseen') || (path.includes('balancers') && path.at(-1) === 'reachable')

  const remove = (root: unknown, path: (string | number)[]): void => {
    let at = root as Record<string | number, unknown> | undefined
    for (const key of path.slice(0, -1)) at = at?.[key] as Record<string | number, unknown> | undefined
    if (at && typeof at === 'object') delete at[path.at(-1) ?? '']
  }

  it.each(spoilt.map((one) => [`${one.claim}: ${one.when}`, one] as const))('never makes True what is not: %s', (_, { claim, spoil }) => {
    const shape = shapeOf(claim)
    const make = () => {
      const world = { observed: healthyObserved(shape), live: healthyLive(shape) }
      spoil(world.observed, world.live)
      return world
    }
    const paths = removable(make()).filter((path) => path.length > 1 && !saysUnseen(path))
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: paths.length - 1 }), { maxLength: 12 }), (chosen) => {
        const world = make()
        for (const index of chosen) remove(world, paths[index] ?? [])
        expect(claimOf(claim).evaluate(shape, world.observed, world.live).verdict).not.toBe('True')
      }),
      { numRuns: 150 },
    )
    // And each on its own, since a random choice may miss it.
    for (const path of paths) {
      const world = make()
      remove(world, path)
      expect([path.join('.'), claimOf(claim).evaluate(shape, world.observed, world.live).verdict]).not.toEqual([path.join('.'), 'True'])
    }
  })
})

describe('other shapes of clusters', () => {
  const { loadBalancer: _, ...withoutPool } = demo
  const bare = (change: Partial<Cluster>): Cluster => ({ ...withoutPool, ...change })
  const ids = (cluster: Cluster) => claimsOf(cluster).map((one) => one.id)

  it('are not asked for a virtual IP that they do not have', () => {
    expect(ids(bare({ balancer: 'external' }))).not.toContain('virtual-ip/one-holder')
    expect(ids(bare({ balancer: 'external' }))).toContain('endpoint/answers')
    expect(ids(bare({ balancer: 'external' })).filter((id) => id.startsWith('balancer/'))).toEqual([])
    expect(ids(bare({ balancer: 'node-local' }))).toContain('balancer/backends')
    expect(ids(bare({})).filter((id) => id.startsWith('endpoint/'))).toEqual(['endpoint/answers', 'endpoint/from-pods'])
    expect(ids(bare({ balancer: 'node-local' }))).toContain('endpoint/from-nodes')
    expect(ids(bare({ balancer: 'external' })).filter((id) => id.startsWith('endpoint/'))).toHaveLength(4)
  })

  it('lead pods to the balancer, also to that on their node, and to each API server where the guides do', () => {
    const told = (cluster: Cluster, apiAddresses: string[]) =>
      claimOf('endpoint/from-pods').evaluate(cluster, healthyObserved(cluster), { ...healthyLive(cluster), apiAddresses }).verdict
    const each = ['10.99.0.21', '10.99.0.22', '10.99.0.23']
    expect([told(demo, ['10.99.0.10']), told(demo, each)]).toEqual(['True', 'False'])
    const local = bare({ balancer: 'node-local' })
    expect([told(local, ['192.0.2.1']), told(local, ['10.99.0.10']), told(local, each)]).toEqual(['True', 'False', 'False'])
    const alone = { ...local, machines: local.machines.filter(({ name }) => !/cp-[23]/.test(name)) }
    expect([told(alone, ['10.99.0.21']), told(alone, ['192.0.2.1'])]).toEqual(['True', 'False'])
    const guided = { ...demo, timing: 'guide' as const }
    expect([told(guided, ['10.99.0.10']), told(guided, each)]).toEqual(['False', 'True'])
  })

  it('are asked for API servers where they run', () => {
    expect(ids(guest).filter((id) => /^(control-plane|virtual-ip)/.test(id))).toEqual([])
    expect(ids(guest)).toEqual(expect.arrayContaining(['hosted/replicas', 'hosted/reached', 'balancer/backends', 'certificates/names']))
    expect(ids(guest)).not.toContain('hosted/address')
    expect(ids(balancedGuest)).toContain('hosted/address')
    expect(ids(demo).filter((id) => id.startsWith('hosted/'))).toEqual([])
  })

  it('hold with a hosted control plane, whose host has nodes without an API server', () => {
    for (const shape of [guest, balancedGuest]) {
      const observed = healthyObserved(shape)
      observed.etcd = observed.etcd.map((one) => ({ ...one, leaderId: one.memberId ?? '' }))
      observed.balancers = ['g-1', 'g-2'].map((name) => ({
        machine: name,
        running: true,
        configSum: 'f'.repeat(64),
        backends: apiDoors(shape).map((door) => {
          const open = observed.apiServers.some((one) => one.machine === door.name)
          return { backend: 'apiservers', server: door.name, status: open ? 'UP' : 'DOWN', checkStatus: open ? 'L7OK' : 'L4TOUT' }
        }),
      }))
      const live = healthyLive(shape)
      live.certificates = observed.apiServers.map(({ machine }) => {
        const door = apiDoors(shape).find((one) => one.name === machine)
        return { machine, notAfterMs: Date.parse('2027-11-01T00:00:00Z'), names: [shape.endpoint.address, door?.address ?? ''] }
      })
      const results = claimsOf(shape).map((claim) => claim.evaluate(shape, observed, live))
      expect(results.filter((one) => one.verdict !== 'True')).toEqual([])
      // One more door closed is one API server too few.
      for (const one of observed.balancers) Object.assign(one.backends.at(-1) ?? {}, { status: 'DOWN' })
      expect(claimOf('balancer/backends').evaluate(shape, observed, live).verdict).toBe('False')
    }
  })

  it('are asked for a pool only where there is one', () => {
    expect(ids(bare({})).filter((id) => id.startsWith('load-balancer/'))).toEqual([])
  })

  it('are not asked what nginx cannot tell', () => {
    expect(ids(bare({ balancer: 'nginx-keepalived' }))).toContain('balancer/running')
    expect(ids(bare({ balancer: 'nginx-keepalived' }))).not.toContain('balancer/backends')
  })

  it('hold with one machine for everything', () => {
    const all = { name: 'cp-1', address: '10.99.0.21', roles: ['control-plane', 'etcd', 'worker'] as const }
    const single = bare({
      balancer: 'external',
      dns: { replicas: 1 },
      endpoint: { address: '10.99.0.21', port: 6443 },
      machines: [{ ...all, roles: [...all.roles] }],
    })
    const observed = healthyObserved(single)
    observed.etcd = observed.etcd.map((one) => ({ ...one, leaderId: 'aaa1' }))
    const results = claimsOf(single).map((claim) => claim.evaluate(single, observed, healthyLive(single)))
    expect(results.filter((one) => one.verdict !== 'True')).toEqual([])
    expect(ids(single)).not.toContain('workload/pods')
    expect(ids(single)).not.toContain('nodes/zones')
  })

  it("hold with an etcd of the user's own", () => {
    const endpoints = ['https://10.99.0.41:2379', 'https://10.99.0.42:2379']
    const external = bare({ etcd: { external: { endpoints, caFile: '', certFile: '', keyFile: '' } } })
    const observed = healthyObserved()
    observed.etcd = endpoints.map((text, index) => ({
      ...(observed.etcd[index] ?? { machine: '', endpoint: '', reachable: false }),
      machine: new URL(text).host,
    }))
    expect(claimOf('etcd/members').evaluate(external, observed).verdict).toBe('True')
    expect(claimOf('etcd/one-leader').evaluate(external, observed).verdict).toBe('True')
  })
})

describe('a balancer that does not hairpin', () => {
  it('is told from one that is down', () => {
    const external: Cluster = { ...demo, balancer: 'external' }
    const live = healthyLive(external)
    const first = live.entries?.[0]
    if (!first) throw new Error('missing')
    Object.assign(first, { failed: 3, servers: ['cp-2', 'cp-3'], error: 'Connection timed out' })
    const seen = claimOf('endpoint/from-nodes').evaluate(external, healthyObserved(external), live)
    expect(seen).toMatchObject({ verdict: 'False', machine: 'cp-1', problem: { code: 'Q5405' } })
    expect(seen.evidence).toMatch(/3 of 8 connections failed.*hairpin/)
  })
})
