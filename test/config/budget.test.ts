import { describe, expect, it } from 'vitest'
import { predictOutages } from '../../src/config/budget.js'
import { defaultCluster } from '../../src/config/init.js'
import { apiServerStoppedMs, backendDetectMs, backendFrozenMs, backendRefusedMs } from '../../src/config/outage/api-server.js'
import { leaseTakeoverMs, nodeNotReadyMs } from '../../src/config/outage/cluster-parts.js'
import { etcdElectionMs } from '../../src/config/outage/etcd.js'
import { nothing, type Span, slowestOf, span, unbounded } from '../../src/config/outage/span.js'
import { proxyFrozenMs, proxyStoppedMs, virtualIpHandOverMs, virtualIpMoveMs } from '../../src/config/outage/virtual-ip.js'
import { timings } from '../../src/config/timing.js'
import { balancerKinds, type Cluster, controlPlanes, timingNames } from '../../src/model/cluster.js'

const { fast, standard, guide } = timings
const check = { ...standard.backendCheck, intervalMs: 1000, fastIntervalMs: 1000, timeoutMs: 1000, fall: 2 }
const half = { ...check, intervalMs: 500, fastIntervalMs: 250, timeoutMs: 500 }

describe('formulas', () => {
  // What was measured with these settings lies within what is predicted from them.
  const measured: [string, Span, number, number][] = [
    ['virtual IP, silent holder, adverts of 0.1 s', virtualIpMoveMs(fast), 240, 320],
    ['virtual IP, handed over, adverts of 0.1 s', virtualIpHandOverMs(fast), 0, 40],
    ['proxy of the holder gone, checks of 1 s x 2', proxyStoppedMs(standard), 1600, 1600],
    ['proxy of the holder frozen, checks of 1 s x 2', proxyFrozenMs(standard), 2600, 2600],
    ['API server frozen, checks of 1 s x 2', backendDetectMs({ ...standard, backendCheck: check }), 3400, 3400],
    ['API server cut off, checks of 0.5 s x 2', backendDetectMs({ ...standard, backendCheck: half }), 1250, 1250],
    ['API server killed, with redispatch', backendRefusedMs(standard), 0, 0],
    ['API server killed, without redispatch, checks of 10 s x 2', backendRefusedMs(guide), 18_500, 18_500],
    ['leader lease of 15 s', leaseTakeoverMs(guide), 13_000, 19_400],
    ['etcd leader killed, election of 1 s', etcdElectionMs(standard), 1000, 2000],
  ]
  it.each(measured)('%s', (_, { lowMs, highMs }, low, high) => {
    expect(low).toBeGreaterThanOrEqual(lowMs)
    expect(high).toBeLessThanOrEqual(highMs)
  })

  it('a TCP check never sees a frozen API server, nor a process check a frozen proxy', () => {
    expect(backendFrozenMs(guide).highMs).toBe(Number.POSITIVE_INFINITY)
    expect(proxyFrozenMs(guide).highMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('a planned stop is felt only where the proxy cannot see it coming', () => {
    expect(apiServerStoppedMs(fast).highMs).toBe(fast.connectMs)
    expect(apiServerStoppedMs(guide)).toEqual(backendRefusedMs(guide))
  })

  it('of several layers users feel the slowest, and the reason is its', () => {
    expect(slowestOf(span(1, 5, 'a'), span(2, 4, 'b'), nothing('c'))).toEqual({ lowMs: 2, highMs: 5, because: 'a' })
    expect(slowestOf(span(1, 5, 'a'), unbounded('never')).because).toBe('never')
  })
})

describe('profiles', () => {
  it.each(timingNames.filter((name) => name !== 'guide'))('%s keeps the order of the layers', (name) => {
    const timing = timings[name]
    const order = [
      Math.max(backendDetectMs(timing).highMs, proxyFrozenMs(timing).highMs),
      leaseTakeoverMs(timing).lowMs,
      nodeNotReadyMs(timing).lowMs,
    ]
    expect(order).toEqual([...order].sort((a, b) => a - b))
    // A proxy must have seen /readyz turn false before the port closes.
    const { intervalMs, fastIntervalMs, fall } = timing.backendCheck
    expect(timing.apiShutdownDelayMs).toBeGreaterThan(intervalMs + (fall - 1) * fastIntervalMs)
    // A kubelet on a dead connection must find another way before its node counts as lost.
    expect(timing.node.monitorGraceMs).toBeGreaterThan(timing.http2.readIdleMs + timing.http2.pingMs)
    // client-go refuses other orders: leaderelection.go, NewLeaderElector.
    expect(timing.lease.durationMs).toBeGreaterThan(timing.lease.renewMs)
    expect(timing.lease.renewMs).toBeGreaterThan(timing.lease.retryMs * 1.2)
    // One election must not take every API server out of use.
    const { fall: falls, timeoutMs, fastIntervalMs: betweenMs } = timing.backendCheck
    expect(falls * Math.min(timing.etcd.readyCheckMs, timeoutMs) + (falls - 1) * betweenMs).toBeGreaterThan(2 * timing.etcd.electionMs)
    // etcd refuses less than five heartbeats, and advises ten.
    expect(timing.etcd.electionMs).toBeGreaterThanOrEqual(10 * timing.etcd.heartbeatMs)
  })
})

describe('predictOutages', () => {
  const row = (cluster: Cluster, failure: RegExp) => predictOutages(cluster).find((one) => failure.test(one.failure))

  it('tells the built-in cluster all rows, each within its bounds', () => {
    const rows = predictOutages(defaultCluster())
    expect(rows.map((one) => one.failure)).toEqual([
      'API server killed',
      'API server frozen',
      'haproxy killed',
      'haproxy frozen',
      'keepalived killed',
      'virtual-IP holder loses power',
      'etcd leader killed',
      'control plane with the etcd leader loses power',
      'a zone loses power',
      'open connections to a lost machine',
      'pods asking the Service kubernetes',
      'controller-manager killed',
      'scheduler killed',
      'worker lost: Services leave it out',
      'worker lost: its pods elsewhere',
      'DNS pod lost',
    ])
    for (const { lowMs, highMs, because } of rows) {
      expect(lowMs).toBeLessThanOrEqual(highMs)
      expect(highMs).toBeLessThan(70_000)
      expect(because).not.toBe('')
    }
  })

  it.each(balancerKinds)('has rows of its own for %s', (balancer) => {
    const names = predictOutages({ ...defaultCluster(), balancer }).map((one) => one.failure)
    expect(names.includes('virtual-IP holder loses power')).toBe(balancer.endsWith('-keepalived'))
    expect(names.some((name) => name.startsWith('nginx'))).toBe(balancer === 'nginx-keepalived')
  })

  it('has pods feel a lost machine as everybody else does, where they are led to the balancer', () => {
    const pods = (more: Partial<Cluster>) => row({ ...defaultCluster(), ...more }, /^pods asking/)
    const holder = row(defaultCluster(), /virtual-IP holder/)
    const leader = row(defaultCluster(), /control plane with the etcd leader/)
    expect(pods({})?.highMs).toBe(Math.max(holder?.highMs ?? 0, leader?.highMs ?? 0))
    for (const balancer of ['node-local', 'external'] as const)
      expect(pods({ balancer })?.highMs).toBe(row({ ...defaultCluster(), balancer }, /control plane with the etcd leader/)?.highMs)
    const [first] = controlPlanes(defaultCluster())
    const endpoint = { ...defaultCluster().endpoint, address: first?.address ?? '' }
    expect(pods({ balancer: 'node-local', endpoint })?.highMs).toBe(pods({ balancer: 'node-local' })?.highMs)
    expect(pods({ timing: 'guide' })?.highMs).toBe(25_000)
  })

  it('does not promise what nginx cannot do', () => {
    expect(row({ ...defaultCluster(), balancer: 'nginx-keepalived' }, /server frozen/)?.highMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('counts the slowest of what a co-located holder takes with it', () => {
    const cluster = defaultCluster()
    const machines = cluster.machines
      .filter((m) => !m.name.startsWith('lb'))
      .map((m) => (m.name.startsWith('cp') ? { ...m, roles: [...m.roles, 'balancer' as const] } : m))
    const apart = row(cluster, /virtual-IP holder/)
    const together = row({ ...cluster, machines }, /virtual-IP holder/)
    expect(apart?.highMs).toBe(virtualIpMoveMs(fast).highMs)
    expect(together?.highMs).toBe(Math.max(virtualIpMoveMs(fast, 3).highMs, backendDetectMs(fast).highMs, etcdElectionMs(fast).highMs))
  })

  it('says until mended where nothing takes over', () => {
    const cluster = defaultCluster()
    const one = { ...cluster, machines: cluster.machines.filter((m) => m.name !== 'lb-2') }
    expect(row(one, /virtual-IP holder/)).toMatchObject({ highMs: Number.POSITIVE_INFINITY, because: expect.stringContaining('balancer') })
    expect(row(one, /a zone/)?.highMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('says nothing of an etcd that is not ours', () => {
    const external = { endpoints: ['https://10.0.0.1:2379'], caFile: '', certFile: '', keyFile: '' }
    const cluster = { ...defaultCluster(), etcd: { external } }
    expect(predictOutages(cluster).some((one) => one.failure.includes('etcd'))).toBe(false)
  })
})
