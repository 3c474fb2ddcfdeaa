import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialTcp } from '../../src/elect/dial.js'
import { readKubeconfig } from '../../src/elect/kubeconfig.js'
import { KubernetesLock } from '../../src/elect/kubernetes-lock.js'
import type { Holder, Term } from '../../src/elect/lock.js'
import { EtcdCluster, etcdBinary } from '../client/support/etcd-cluster.js'
import { ApiServer, apiServerBinary } from './support/api-server.js'
import { CuttableProxy } from './support/cuttable-proxy.js'
import { isAlive } from './support/family.js'
import { type Fault, Stage } from './support/stage.js'
import { expectNeverTwo } from './support/verdict.js'

const etcdPath = etcdBinary()
const apiPath = apiServerBinary()
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
const places = [0, 1, 2]
const round: readonly Fault[] = ['clean', 'kill', 'freeze', 'partition', 'kill both', 'freeze all', 'clean', 'freeze both']

describe.skipIf(!etcdPath || !apiPath)('a lock that is a Lease of a real API server', () => {
  let etcd: EtcdCluster
  let api: ApiServer
  let kubeconfig: string
  const open: KubernetesLock[] = []

  const lock = (name: string, ttlMs = 2000): KubernetesLock => {
    const access = readKubeconfig(kubeconfig)
    const instance = randomUUID()
    const made = new KubernetesLock({
      ...access,
      dial: dialTcp,
      namespace: 'default',
      name,
      claimant: { identity: `me-${instance.slice(0, 4)}`, instance },
      ttlMs,
    })
    open.push(made)
    return made
  }
  const free = async (one: KubernetesLock): Promise<void> => one.untilFree(() => {}, AbortSignal.timeout(30_000))
  const taken = async (one: KubernetesLock): Promise<Term> => {
    await free(one)
    const term = await one.take()
    if (!term) throw new Error('not taken')
    return term
  }

  beforeAll(async () => {
    etcd = await EtcdCluster.start(etcdPath ?? '', 1)
    api = await ApiServer.start(apiPath ?? '', etcd)
    kubeconfig = await api.kubeconfig('admin')
  }, 300_000)
  afterAll(async () => {
    for (const one of open) one.close()
    await api?.stop()
    await etcd?.stop()
  }, 30_000)

  it('is taken by one of many that reach for it at once', async () => {
    const all = Array.from({ length: 8 }, () => lock('crowd'))
    await Promise.all(all.map(free))
    const terms = await Promise.all(all.map((one) => one.take()))
    expect(terms.filter(Boolean)).toHaveLength(1)
  })

  it('is free at once when it is given up, and its token grows, also over a deletion', async () => {
    const [a, b] = [lock('given'), lock('given')]
    const first = await taken(a)
    let seen: Holder | undefined
    const waiting = b.untilFree((holder) => {
      seen = holder ?? seen
    }, AbortSignal.timeout(20_000))
    await a.renew(first, { deadlineMs: 5000 })
    await expect.poll(() => seen?.token, { timeout: 5000 }).toBe(first.token)
    await a.release()
    await waiting
    const second = (await b.take()) as Term
    expect(BigInt(second.token)).toBeGreaterThan(BigInt(first.token))
    const lease = await api.client.get<{ spec: { leaseTransitions: number } }>(`${leases}/given`)
    expect(lease.spec.leaseTransitions).toBe(1)
    await api.client.delete(`${leases}/given`)
    expect(await b.renew(second, { deadlineMs: 5000 })).toBe('lost')
    const third = await taken(a)
    expect(BigInt(third.token)).toBeGreaterThan(BigInt(second.token))
  })

  it('passes on when it is not renewed, not before its time is over, and is lost to the one that slept', async () => {
    const [a, b] = [lock('slept'), lock('slept')]
    const first = await taken(a)
    const begun = performance.now()
    const second = await taken(b)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1950)
    expect(await a.renew(first, { deadlineMs: 5000 })).toBe('lost')
    expect(await b.renew(second, { deadlineMs: 5000 })).not.toBe('lost')
    // Too late to give anything up: nothing happens to the new holder.
    await a.release()
    expect((await a.read({ deadlineMs: 5000 }))?.token).toBe(second.token)
  })

  it('is held on to although somebody else writes labels on the Lease', async () => {
    const a = lock('labelled')
    const term = await taken(a)
    await api.client.patch(`${leases}/labelled`, { metadata: { labels: { team: 'a' } } })
    expect(await a.renew(term, { deadlineMs: 5000 })).not.toBe('lost')
    const lease = await api.client.get<{ metadata: { labels: Record<string, string> } }>(`${leases}/labelled`)
    expect(lease.metadata.labels).toEqual({ team: 'a' })
  })

  it('respects a holder that is not quorate', async () => {
    const now = `${new Date().toISOString().slice(0, -1)}000Z`
    await api.client.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'foreign', namespace: 'default' },
      spec: { holderIdentity: 'client-go', leaseDurationSeconds: 3, acquireTime: now, renewTime: now, leaseTransitions: 4 },
    })
    const a = lock('foreign', 1000)
    const begun = performance.now()
    await taken(a)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(2950)
    const lease = await api.client.get<{ spec: { leaseTransitions: number } }>(`${leases}/foreign`)
    expect(lease.spec.leaseTransitions).toBe(5)
  })

  it('never lets two be active, whatever is done to whoever is', async () => {
    const proxies = await Promise.all(places.map(() => CuttableProxy.to(api.port)))
    const files = await Promise.all(places.map((place) => api.kubeconfig(`place-${place}`, proxies[place]?.port)))
    const stage = new Stage(
      (place) => ['--lock', 'stage', '--ttl', '2s', '--stop-timeout', '100ms', '--kubeconfig', files[place] ?? ''],
      (place) => proxies[place]?.cut(),
      (place) => proxies[place]?.heal(),
    )
    try {
      for (const place of places) stage.start(place)
      for (const fault of round) await stage.takeover(fault)
      console.info(expectNeverTwo(stage))
    } finally {
      await stage.stop()
      for (const proxy of proxies) proxy.stop()
    }
    expect(stage.family.filter(isAlive)).toEqual([])
  }, 180_000)
})
