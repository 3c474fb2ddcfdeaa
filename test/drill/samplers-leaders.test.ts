import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/client/kubernetes-object.js'
import { LeaderRecord } from '../../src/drill/samplers/etcd-leader.js'
import { LeaseRecord } from '../../src/drill/samplers/leases.js'
import { busiestServer } from '../../src/drill/samplers/roles.js'

const lease = (version: number, holder: string, seconds = 4): KubernetesObject =>
  ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'kube-scheduler', resourceVersion: String(version) },
    spec: { holderIdentity: holder, leaseDurationSeconds: seconds },
  }) as unknown as KubernetesObject

it('ends the holding of a lease when it runs out, not when the next one takes it', () => {
  const record = new LeaseRecord()
  record.see(lease(1, 'cp-1_a'), 1000)
  record.see(lease(2, 'cp-1_a'), 2000)
  // The same version again, from a slower watch.
  record.see(lease(2, 'cp-1_a'), 5500)
  expect(record.holder(5900)).toBe('cp-1')
  expect(record.holder(6100)).toBeUndefined()
  record.see(lease(3, 'cp-2_b'), 7000)
  expect(record.intervals(7500)).toEqual([
    { fromMs: 1000, toMs: 6000, label: 'cp-1' },
    { fromMs: 7000, toMs: 7500, label: 'cp-2' },
  ])
})

it('sees a lease that is given up as nobody’s', () => {
  const record = new LeaseRecord()
  record.see(lease(1, 'cp-1_a'), 1000)
  record.see(lease(2, ''), 2000)
  expect(record.holder(2100)).toBeUndefined()
  // Another process on the same machine is another holder.
  record.see(lease(3, 'cp-1_b'), 2500)
  expect(record.intervals(3000)).toEqual([
    { fromMs: 1000, toMs: 2000, label: 'cp-1' },
    { fromMs: 2500, toMs: 3000, label: 'cp-1' },
  ])
})

it('believes the highest term about who leads etcd', () => {
  const record = new LeaderRecord()
  const see = (machine: string, atMs: number, memberId: string, leaderId: string, term: number): void =>
    record.see({ machine, atMs, answered: true, memberId, leaderId, term })
  see('cp-1', 0, 'a', 'a', 5)
  see('cp-2', 10, 'b', 'a', 5)
  see('cp-1', 200, 'a', 'a', 5)
  // cp-1 is cut off and goes on believing; the others have no leader, then a new one.
  see('cp-2', 400, 'b', '0', 6)
  see('cp-1', 420, 'a', 'a', 5)
  see('cp-2', 600, 'b', 'c', 6)
  record.see({ machine: 'cp-1', atMs: 620, answered: false })
  see('cp-3', 640, 'c', 'c', 6)
  expect(record.held).toEqual([
    { fromMs: 0, toMs: 200, label: 'cp-1', term: 5 },
    { fromMs: 600, toMs: 640, label: 'cp-3', term: 6 },
  ])
  expect(record.leader(700)).toBe('cp-3')
  expect(record.leader(9000)).toBeUndefined()
  expect([record.term, record.elections]).toEqual([6, 1])
})

it('finds the API server that most connections lead to, its unchecked twin included', () => {
  const stat = `# pxname,svname,scur,type,
api,FRONTEND,9,0,
apiservers,cp-1,2,2,
apiservers,cp-2,1,2,
apiservers,cp-3,2,2,
apiservers,cp-2-unchecked,3,2,
apiservers,BACKEND,8,1,
`
  expect(busiestServer([stat])).toBe('cp-2')
  // Of proxies on several nodes all count.
  expect(busiestServer([stat, stat.replace('cp-3,2', 'cp-3,7')])).toBe('cp-3')
  expect(busiestServer(['# pxname,svname,scur,type,\napiservers,cp-1,0,2,\n'])).toBeUndefined()
  expect(busiestServer([''])).toBeUndefined()
})
