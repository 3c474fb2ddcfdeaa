import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultCluster } from '../../src/config/init.js'
import { lostWith, survivesLoss } from '../../src/config/survives.js'
import { type Cluster, etcdMachines, type MachineSpec, quorumOf, type Role } from '../../src/model/cluster.js'

const machine = (name: string, zone: string | undefined, ...roles: Role[]): MachineSpec => ({
  name,
  address: `10.99.0.${10 + Number(name.split('-')[1] ?? 0)}`,
  ...(zone ? { zone } : {}),
  roles,
})
const cluster = (...machines: MachineSpec[]): Cluster => ({ ...defaultCluster(), machines })

describe('survivesLoss', () => {
  it('holds for the built-in cluster, by machine and by zone', () => {
    expect(survivesLoss(defaultCluster(), 'machine')).toEqual({ unit: 'machine', survives: true, loses: [] })
    expect(survivesLoss(defaultCluster(), 'zone')).toEqual({ unit: 'zone', survives: true, loses: [] })
  })

  it('names the one balancer', () => {
    const one = cluster(...defaultCluster().machines.filter((m) => m.name !== 'lb-2'))
    expect(survivesLoss(one, 'machine').loses).toEqual([{ name: 'lb-1', what: 'every balancer, so the API cannot be reached' }])
    expect(survivesLoss(one, 'zone').loses.map((l) => l.name)).toEqual(['a'])
  })

  it('names the zone with the majority of members', () => {
    const moved = cluster(...defaultCluster().machines.map((m) => (m.name === 'cp-3' ? { ...m, zone: 'b' } : m)))
    expect(survivesLoss(moved, 'machine').survives).toBe(true)
    expect(survivesLoss(moved, 'zone').loses).toEqual([{ name: 'b', what: 'the majority of etcd: 1 of 3 members are left, 2 are needed' }])
  })

  it('does not claim zones that the file does not tell', () => {
    const zoneless = cluster(...defaultCluster().machines.map(({ zone: _, ...m }) => m))
    expect(survivesLoss(zoneless, 'zone')).toEqual({ unit: 'zone', survives: false, loses: [] })
  })

  it('counts neither members nor balancers that are not ours', () => {
    const theirs: Cluster = {
      ...cluster(machine('cp-1', 'a', 'control-plane'), machine('cp-2', 'b', 'control-plane')),
      balancer: 'external',
      etcd: { external: { endpoints: ['https://x:2379'], caFile: '', certFile: '', keyFile: '' } },
    }
    expect(survivesLoss(theirs, 'machine').survives).toBe(true)
  })

  it('knows the only worker', () => {
    const one = cluster(...defaultCluster().machines.filter((m) => m.name !== 'w-2'))
    expect(survivesLoss(one, 'machine').loses).toEqual([{ name: 'w-1', what: 'every node that runs pods' }])
  })

  it('never claims etcd without a majority', () => {
    const counts = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 9 }), (members, gone) => {
        const all = cluster(...Array.from({ length: members }, (_, i) => machine(`m-${i}`, undefined, 'control-plane', 'etcd', 'balancer')))
        const lost = etcdMachines(all).slice(0, gone)
        const left = members - lost.length
        expect(lostWith(all, lost).some((what) => what.startsWith('the majority'))).toBe(left < quorumOf(members))
      }),
    )
  })
})
