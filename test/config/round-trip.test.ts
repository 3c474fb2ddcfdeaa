import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type InitOptions, initText } from '../../src/config/init.js'
import { loadCluster } from '../../src/config/load.js'
import { toYaml } from '../../src/config/to-yaml.js'
import { type BalancerKind, balancerKinds, type Cluster, timingNames } from '../../src/model/cluster.js'

const options: fc.Arbitrary<InitOptions> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/),
  controlPlanes: fc.constantFrom(1, 3, 5, 7),
  workers: fc.integer({ min: 0, max: 30 }),
  balancers: fc.integer({ min: 0, max: 13 }),
  zones: fc.integer({ min: 0, max: 5 }),
})

/** What is true of the wish itself, so that a file which grants it must say so. */
const expected = ({ controlPlanes, workers, balancers, zones }: InitOptions, balancer: BalancerKind): Set<string> => {
  const shared = balancer.endsWith('-keepalived')
  const used = Math.min(zones, Math.max(shared ? balancers : 0, controlPlanes, workers))
  return new Set([
    ...(controlPlanes === 1 ? ['Q1305'] : []),
    ...(shared && balancers === 1 ? ['Q1402'] : []),
    ...(balancer === 'node-local' && controlPlanes > 1 ? ['Q1206'] : []),
    ...(used === 1 && controlPlanes + workers + (shared ? balancers : 0) > 1 ? ['Q1504'] : []),
    ...(used >= 2 && Math.min(zones, controlPlanes) === 2 ? ['Q1502'] : []),
  ])
}

describe('files that quorate writes', () => {
  it('load with no problem but those of the wish itself', () => {
    fc.assert(
      fc.property(options, fc.constantFrom(...balancerKinds), (wish, balancer) => {
        const { cluster, problems } = loadCluster(initText(wish, balancer), 'x.yaml')
        expect(problems.filter((p) => p.severity === 'error')).toEqual([])
        expect(new Set(problems.map((p) => p.code))).toEqual(expected(wish, balancer))
        const shared = balancer.endsWith('-keepalived') ? wish.balancers : 0
        expect(cluster?.machines).toHaveLength(wish.controlPlanes + wish.workers + shared)
      }),
      { numRuns: 60 },
    )
  })

  it('come back from YAML as they were', () => {
    const timing = fc.constantFrom(...timingNames)
    const more = fc.record(
      {
        loadBalancer: fc.constant({ addressPool: ['10.99.200.1-10.99.200.9', '10.99.201.0/28'] }),
        virtualRouterId: fc.integer({ min: 1, max: 255 }),
        dns: fc.record({ replicas: fc.integer({ min: 1, max: 9 }) }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(options, fc.constantFrom(...balancerKinds), timing, more, (wish, balancer, name, extra) => {
        const { cluster } = loadCluster(initText(wish, balancer), 'x.yaml')
        if (!cluster) throw new Error('does not load')
        const changed = { ...cluster, timing: name, ...extra } as Cluster
        const again = loadCluster(toYaml(changed), '/anywhere/else.yaml')
        expect(again.cluster).toEqual(changed)
      }),
      { numRuns: 60 },
    )
  })

  it.each([240, 244, 300, 1000])('have room for %i workers', (workers) => {
    const { cluster, problems } = loadCluster(initText({ name: 'x', controlPlanes: 3, workers, balancers: 2, zones: 3 }), 'x.yaml')
    expect(problems).toEqual([])
    expect(cluster?.machines).toHaveLength(workers + 5)
  })

  it('are told when the number of members is even', () => {
    const { problems } = loadCluster(initText({ name: 'x', controlPlanes: 4, workers: 0, balancers: 0, zones: 4 }), 'x.yaml')
    expect(problems.map((p) => p.code)).toEqual(['Q1304'])
  })
})
