import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { observeCluster, statusParts } from '../../src/observe/cluster-facts.js'
import { demo } from '../check/support/healthy.js'
import { World } from '../check/support/world.js'

let world: World
beforeEach(async () => {
  world = await World.start(demo)
})
afterEach(() => world.stop())

const look = (rest: Partial<Parameters<typeof observeCluster>[0]> = {}) =>
  observeCluster({ cluster: demo, fleet: world.fleet, adminTls: world.admin, etcdTls: world.admin, deadlineMs: 1500, ...rest })

describe('a healthy cluster', () => {
  it('is seen whole', async () => {
    const seen = await look()
    expect(seen.unseen).toBeUndefined()
    expect(seen.machines.map((m) => m.reachable)).toEqual(demo.machines.map(() => true))
    expect(seen.etcd.map((e) => [e.machine, e.memberId, e.leaderId, e.clusterId])).toEqual([
      ['cp-1', 'aaa1', 'aaa2', 'c1'],
      ['cp-2', 'aaa2', 'aaa2', 'c1'],
      ['cp-3', 'aaa3', 'aaa2', 'c1'],
    ])
    expect(seen.etcd[0]?.hash).toBeUndefined()
    expect(seen.apiServers.map((a) => [a.machine, a.ready, a.version])).toEqual(
      ['cp-1', 'cp-2', 'cp-3'].map((name) => [name, true, 'v1.36.3']),
    )
    expect(seen.balancers.map((b) => [b.machine, b.running, b.backends.length])).toEqual([
      ['lb-1', true, 6],
      ['lb-2', true, 6],
    ])
    expect(seen.virtualIpHolders).toEqual(['lb-1'])
    expect(seen.endpoint?.ready).toBe(true)
    expect(seen.nodes).toHaveLength(5)
    expect(seen.pods).toHaveLength(4)
    expect(seen.leases.map((l) => l.name)).toContain('kube-scheduler')
    expect(seen.leases[0]?.renewAgeMs).toBeLessThan(2000)
  })

  it('is asked once for each thing', async () => {
    await look()
    const count = (text: string) => world.asked.filter((one) => one.endsWith(text)).length
    expect(count('/api/v1/nodes')).toBe(1)
    expect(count('/readyz')).toBe(4)
    expect(world.asked.filter((one) => one.startsWith('machine '))).toHaveLength(7)
    expect(world.asked.filter((one) => one.startsWith('balancer '))).toHaveLength(2)
  })

  it('is looked at only where asked', async () => {
    const seen = await look({ parts: ['nodes'] })
    expect(seen.nodes).toHaveLength(5)
    expect(new Set(world.asked.filter((one) => !one.startsWith('dial')).map((one) => one.split(' ')[1]))).toEqual(
      new Set(['/api/v1/nodes']),
    )
  })
})

describe('a dead part hides no other', () => {
  it('a control plane that is gone', async () => {
    world.takeDown('10.99.0.21', 'cp-1')
    const seen = await look()
    expect(seen.unseen).toBeUndefined()
    expect(seen.machines.find((m) => m.machine === 'cp-1')).toMatchObject({ reachable: false, error: 'no route to host' })
    expect(seen.etcd[0]).toEqual({ machine: 'cp-1', endpoint: '10.99.0.21:2379', reachable: false, error: 'connection refused' })
    expect(seen.apiServers[0]).toMatchObject({ ready: false, failed: ['connection refused'] })
    expect(seen.nodes).toHaveLength(5)
    expect(seen.etcd[1]?.reachable).toBe(true)
  })

  it('a control plane that is frozen costs its deadline and no more', async () => {
    world.silent.add('10.99.0.21')
    const started = performance.now()
    const seen = await look()
    expect(performance.now() - started).toBeLessThan(3500)
    expect(seen.etcd[0]).toMatchObject({ reachable: false, error: 'no answer within 1500 ms' })
    expect(seen.apiServers.map((a) => a.ready)).toEqual([false, true, true])
    expect(seen.nodes).toHaveLength(5)
    expect(seen.pods).toHaveLength(4)
  })

  it('all API servers', async () => {
    world.darken()
    const seen = await look()
    expect(Object.keys(seen.unseen ?? {}).sort()).toEqual(['leases', 'nodes', 'pods'])
    expect(seen.machines.every((m) => m.reachable)).toBe(true)
    expect(seen.balancers.every((b) => b.running)).toBe(true)
    expect(seen.endpoint).toMatchObject({ ready: false, error: 'connection refused' })
  })

  it('a balancer, and the address it may hold', async () => {
    world.down.add('lb-2')
    const seen = await look()
    expect(seen.balancers[1]).toMatchObject({ machine: 'lb-2', reachable: false, running: false, error: 'no route to host' })
  })
})

it('finds a stranger that holds the virtual IP', async () => {
  const plain = world.fleet
  const fleet = {
    ...plain,
    machine: (name: string) => {
      const machine = plain.machine(name)
      if (name !== 'w-1') return machine
      const ip = JSON.stringify([{ ifname: 'host0', addr_info: [{ family: 'inet', local: '10.99.0.10', prefixlen: 24 }] }])
      return { ...machine, sh: async () => ({ exit: 0, stdout: `clock 1\nip ${ip}\nclock 1\n`, stderr: '', ms: 1 }) }
    },
  }
  expect((await look({ fleet })).virtualIpHolders).toEqual(['lb-1', 'w-1'])
})

it('throws the reason of a caller that stops, at once', async () => {
  for (const m of demo.machines) world.silent.add(m.address)
  const stop = new AbortController()
  const seen = look({ signal: stop.signal, deadlineMs: 5000, parts: statusParts })
  setTimeout(() => stop.abort(new Error('stopped by hand')), 50)
  const started = performance.now()
  await expect(seen).rejects.toThrow('stopped by hand')
  expect(performance.now() - started).toBeLessThan(3000)
})
