import { describe, expect, it } from 'vitest'
import type { Cluster, MachineSpec, Role } from '../../src/model/cluster.js'
import { expand, inOrder } from '../../src/plan/expand.js'
import { bootstrap } from '../../src/plan/phases.js'

const machine = (name: string, i: number, ...roles: Role[]): MachineSpec => ({ name, address: `10.99.0.${i}`, roles })
const cluster = (machines: MachineSpec[], rest: Partial<Cluster> = {}): Cluster => ({
  name: 't',
  kubernetesVersion: 'v1.36.3',
  endpoint: { address: '10.99.0.250', port: 6443 },
  balancer: 'haproxy-keepalived',
  timing: 'fast',
  network: {
    podSubnet: '10.244.0.0/16',
    serviceSubnet: '10.96.0.0/16',
    machineSubnet: '10.99.0.0/24',
    dnsDomain: 'cluster.local',
    plugin: { kind: 'routed' },
  },
  virtualRouterId: 7,
  etcd: {},
  dns: { replicas: 2 },
  machines,
  ...rest,
})
const stacked = cluster([
  machine('lb-1', 11, 'balancer'),
  machine('lb-2', 12, 'balancer'),
  machine('cp-1', 21, 'control-plane', 'etcd'),
  machine('cp-2', 22, 'control-plane', 'etcd'),
  machine('cp-3', 23, 'control-plane', 'etcd'),
  machine('w-1', 31, 'worker'),
])

describe('expand', () => {
  it('starts all control planes without one waiting for another', () => {
    const starts = expand(stacked, bootstrap).filter((s) => s.phase === 'control-plane/start')
    expect(starts).toHaveLength(3)
    for (const start of starts) expect(start.needs.every((need) => need.endsWith(start.machine ?? '?'))).toBe(true)
  })

  it('runs etcd as a service only where it stands apart, and not at all where the user brings it', () => {
    const apart = cluster([machine('e-1', 41, 'etcd'), machine('cp-1', 21, 'control-plane'), machine('w-1', 31, 'worker')])
    expect(expand(apart, bootstrap).map((s) => s.id)).toContain('etcd/start/e-1')
    expect(expand(stacked, bootstrap).some((s) => s.phase === 'etcd/start')).toBe(false)
    const brought = cluster([machine('cp-1', 21, 'control-plane')], {
      etcd: { external: { endpoints: ['https://e:2379'], caFile: 'a', certFile: 'b', keyFile: 'c' } },
    })
    expect(
      new Set(
        expand(brought, bootstrap)
          .map((s) => s.phase)
          .filter((id) => id.startsWith('etcd/')),
      ),
    ).toEqual(new Set(['etcd/usable']))
  })

  it('builds a hosted control plane in its host after etcd, and nothing of it on machines', () => {
    const host = stacked
    const guest = cluster([machine('e-1', 41, 'etcd'), machine('g-1', 51, 'worker')], {
      name: 'guest',
      balancer: 'node-local',
      hosted: { host, hostFile: '/host.yaml', replicas: 3, service: { type: 'NodePort', port: 30443 } },
    })
    const slots = expand(guest, bootstrap)
    const phases = new Set(slots.map((s) => s.phase))
    for (const id of ['hosted/host', 'hosted/routes', 'hosted/declare', 'control-plane/answer']) expect(phases).toContain(id)
    for (const id of ['control-plane/start', 'cluster/kubeadm', 'balancer/external']) expect(phases).not.toContain(id)
    expect(slots.find((s) => s.id === 'hosted/declare')?.needs).toEqual(['hosted/host', 'etcd/start/e-1'])
    expect(slots.find((s) => s.id === 'control-plane/answer')?.needs).toEqual(['hosted/declare', 'etcd/start/e-1'])
    expect(slots.find((s) => s.id === 'cluster/objects')?.needs).toContain('cluster/nodes-first')
    // Before anything is changed on any machine the host must answer.
    expect(slots.find((s) => s.id === 'machines/install/g-1')?.needs).toContain('hosted/host')
    expect(expand(host, bootstrap).some((s) => s.phase.startsWith('hosted/'))).toBe(false)
  })

  it('never names a need that does not exist, and ends with the claims', () => {
    for (const c of [stacked, cluster([machine('all', 21, 'control-plane', 'etcd', 'worker')], { balancer: 'external' })]) {
      const slots = expand(c, bootstrap)
      const ids = new Set(slots.map((s) => s.id))
      for (const slot of slots) for (const need of slot.needs) expect(ids).toContain(need)
      expect(slots.at(-1)?.id).toBe('claims/hold')
    }
  })

  it('refuses a cycle and a need that does not exist, naming them', () => {
    expect(() =>
      inOrder([
        { id: 'a', needs: ['b'] },
        { id: 'b', needs: ['a'] },
      ]),
    ).toThrow('a, b')
    expect(() => inOrder([{ id: 'a', needs: ['ghost'] }])).toThrow('ghost')
  })
})
