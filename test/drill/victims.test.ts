import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultTable } from '../../src/drill/faults/table.js'
import { randomOf } from '../../src/drill/random.js'
import { findVictims, type Roles, zonesOf } from '../../src/drill/victims.js'
import { etcdMachines, quorumOf } from '../../src/model/cluster.js'
import { example, examples } from './support/examples.js'

const stacked = example('stacked')
const roles: Roles = {
  etcdLeader: 'cp-2',
  virtualIpHolder: 'lb-2',
  controllerManager: 'cp-3',
  scheduler: 'cp-1',
  apiServer: 'cp-3',
  apiServers: ['cp-1', 'cp-2', 'cp-3'],
  dns: ['w-1', 'w-1', 'w-2'],
}
const names = (role: Parameters<typeof findVictims>[0], own: Roles = roles, seed = 1, zone?: string): string[] =>
  findVictims(role, stacked, own, randomOf(seed), zone).machines.map((m) => m.name)

describe('victims', () => {
  it('are who plays the role now', () => {
    expect(names('etcd leader')).toEqual(['cp-2'])
    expect(names('virtual IP holder')).toEqual(['lb-2'])
    expect(names('controller-manager leader')).toEqual(['cp-3'])
    expect(names('scheduler leader')).toEqual(['cp-1'])
    expect(names('API server behind the endpoint')).toEqual(['cp-3'])
    expect(names('every machine with CoreDNS')).toEqual(['w-1', 'w-2'])
    expect(names('nothing')).toEqual([])
  })

  it('are nobody when it could not be seen who that is, or nobody does', () => {
    for (const role of [
      'etcd leader',
      'etcd follower',
      'virtual IP holder',
      'controller-manager leader',
      'one machine with CoreDNS',
    ] as const)
      expect(names(role, { apiServers: [], dns: [] })).toEqual([])
    expect(names('etcd leader', { apiServers: [], dns: [], etcdLeader: 'not-a-machine' })).toEqual([])
  })

  it('never take the leader for a follower, nor the served API server for another', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(['cp-1', 'cp-3']).toContain(names('etcd follower', roles, seed)[0])
        expect(['cp-1', 'cp-2']).toContain(names('another API server', roles, seed)[0])
        const [leader, follower, ...more] = names('etcd leader and a follower', roles, seed)
        expect(leader).toBe('cp-2')
        expect(follower).not.toBe('cp-2')
        expect(more).toEqual([])
      }),
    )
  })

  it('of a lost quorum are just too many', () => {
    for (const cluster of examples.values()) {
      const members = etcdMachines(cluster)
      if (members.length === 0) continue
      const own = { apiServers: [], dns: [], etcdLeader: members[0]?.name ?? '' }
      const { machines } = findVictims('as many etcd members as quorum cannot spare', cluster, own, randomOf(1))
      expect(members.length - machines.length).toBe(quorumOf(members.length) - 1)
      expect(machines[0]?.name).toBe(own.etcdLeader)
    }
  })

  it('of a zone are all of its machines and no other', () => {
    for (const zone of zonesOf(stacked)) {
      const { role, machines } = findVictims('zone', stacked, roles, randomOf(1), zone)
      expect(role).toBe(`zone ${zone}`)
      expect(machines).toEqual(stacked.machines.filter((m) => m.zone === zone))
    }
    expect(names('zone')).toEqual([])
  })

  it('that take the virtual IP unasked are no balancers, and best nobody with an API server', () =>
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(['w-1', 'w-2']).toContain(names('machine that is no balancer', roles, seed)[0])
      }),
    ))

  it('are machines of the cluster, each once, in whatever cluster and fault', () => {
    for (const cluster of examples.values())
      for (const spec of faultTable.filter((one) => one.applies(cluster))) {
        const some = cluster.machines[0]?.name ?? ''
        const own: Roles = {
          etcdLeader: some,
          virtualIpHolder: some,
          controllerManager: some,
          scheduler: some,
          apiServers: cluster.machines.map((m) => m.name),
          dns: cluster.machines.map((m) => m.name),
        }
        const { machines } = findVictims(spec.victim, cluster, own, randomOf(3), zonesOf(cluster)[0])
        expect(new Set(machines).size).toBe(machines.length)
        expect(machines.every((m) => cluster.machines.includes(m))).toBe(true)
        if (spec.victim !== 'nothing' && spec.category !== 'control') expect(machines.length, spec.id).toBeGreaterThan(0)
      }
  })
})
