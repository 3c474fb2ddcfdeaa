import type { Observed } from '../../../src/model/observed.js'
import type { Live } from '../../../src/observe/live.js'

/** One way in which a claim stops to hold. */
export interface Spoilt {
  claim: string
  verdict: 'False' | 'Unknown'
  when: string
  spoil(observed: Observed, live: Live): void
  /** Where the evidence must point. */
  machine?: string
  code?: string
  evidence?: RegExp
}

const of = <T>(list: readonly T[] | undefined, index: number): T => {
  const one = list?.[index]
  if (!one) throw new Error(`nothing at ${index}`)
  return one
}

const falseWhen = (
  claim: string,
  code: string,
  when: string,
  machine: string | undefined,
  evidence: RegExp,
  spoil: Spoilt['spoil'],
): Spoilt => ({
  claim,
  verdict: 'False',
  code,
  when,
  ...(machine ? { machine } : {}),
  evidence,
  spoil,
})
const unknownWhen = (claim: string, when: string, spoil: Spoilt['spoil']): Spoilt => ({
  claim,
  verdict: 'Unknown',
  code: 'Q5001',
  when,
  spoil,
})

const silence = (observed: Observed, index: number): void => {
  const { machine, endpoint } = of(observed.etcd, index)
  observed.etcd[index] = { machine, endpoint, reachable: false, error: 'no answer within 2000 ms' }
}

/** Every claim in every way that it can be untrue or unseen. A test asserts that no claim is left out. */
export const spoilt: readonly Spoilt[] = [
  falseWhen('machines/reachable', 'Q5951', 'a machine is silent', 'w-1', /w-1: no route/, (o) => {
    Object.assign(of(o.machines, 5), { reachable: false, error: 'no route to host' })
  }),
  unknownWhen('machines/reachable', 'a machine was not asked', (o) => o.machines.pop()),
  falseWhen('machines/clocks', 'Q5952', 'a clock is ahead', 'cp-2', /cp-2 is 4000 ms ahead of lb-1/, (o) => {
    of(o.machines, 3).clockSkewMs = 4000
  }),
  unknownWhen('machines/clocks', 'a machine is silent', (o) => {
    of(o.machines, 3).reachable = false
  }),
  falseWhen('machines/disk', 'Q5953', 'a disk is full', 'cp-1', /cp-1: 0.0 GiB free/, (o) => {
    of(o.machines, 2).diskFreeBytes = 0
  }),
  unknownWhen('machines/disk', 'a machine is silent', (o) => {
    of(o.machines, 2).reachable = false
  }),
  falseWhen('etcd/members', 'Q5101', 'a member is silent', 'cp-3', /cp-3: does not answer \(no answer within/, (o) => silence(o, 2)),
  falseWhen(
    'etcd/members',
    'Q5101',
    'a member lives in a cluster of its own',
    'cp-1',
    /cp-1 in cluster other; cp-2 and cp-3 in cluster c1/,
    (o) => {
      of(o.etcd, 0).clusterId = 'other'
    },
  ),
  falseWhen('etcd/members', 'Q5101', 'a stranger is a member', 'cp-1', /10\.99\.0\.77/, (o) => {
    for (const one of o.etcd)
      one.members?.push({ id: 'fff', name: 'x', peerUrls: ['https://10.99.0.77:2380'], clientUrls: [], isLearner: false })
  }),
  falseWhen('etcd/members', 'Q5101', 'a member was removed', 'cp-1', /does not list cp-3/, (o) => {
    for (const one of o.etcd) one.members?.pop()
  }),
  falseWhen('etcd/members', 'Q5101', 'a member never started', 'cp-2', /cp-3, which never started/, (o) => {
    of(of(o.etcd, 1).members, 2).name = ''
  }),
  unknownWhen('etcd/members', 'no member answers', (o) => {
    for (const index of [0, 1, 2]) silence(o, index)
  }),
  unknownWhen('etcd/members', 'a member was not asked', (o) => o.etcd.pop()),
  falseWhen('etcd/one-leader', 'Q5102', 'a member knows no leader', 'cp-1', /cp-1: no leader/, (o) => {
    delete of(o.etcd, 0).leaderId
  }),
  falseWhen('etcd/one-leader', 'Q5102', 'two leaders are named', 'cp-3', /cp-3 name cp-3, term 4; cp-1 and cp-2 name cp-2, term 4/, (o) => {
    of(o.etcd, 2).leaderId = 'aaa3'
  }),
  falseWhen('etcd/one-leader', 'Q5102', 'terms differ', 'cp-1', /term 3/, (o) => {
    of(o.etcd, 0).raftTerm = 3
  }),
  unknownWhen('etcd/one-leader', 'a member is silent', (o) => silence(o, 0)),
  falseWhen('etcd/voting', 'Q5103', 'a member is a learner', 'cp-2', /cp-2: is a learner/, (o) => {
    of(o.etcd, 1).isLearner = true
  }),
  falseWhen('etcd/voting', 'Q5103', 'a learner is listed', 'cp-1', /lists the learner cp-3/, (o) => {
    of(of(o.etcd, 0).members, 2).isLearner = true
  }),
  unknownWhen('etcd/voting', 'a member is silent', (o) => silence(o, 1)),
  falseWhen('etcd/no-alarm', 'Q5104', 'an alarm is raised', 'cp-1', /alarm NOSPACE of member aaa2/, (o) => {
    of(o.etcd, 0).alarms = [{ memberId: 'aaa2', alarm: 'NOSPACE' }]
  }),
  unknownWhen('etcd/no-alarm', 'a member does not tell', (o) => {
    delete of(o.etcd, 1).alarms
  }),
  falseWhen('etcd/equal-hash', 'Q5105', 'one store differs', 'cp-2', /cp-2 dead; cp-1 and cp-3 beef at revision 900/, (o) => {
    of(o.etcd, 1).hash = 'dead'
  }),
  unknownWhen('etcd/equal-hash', 'the history was compacted in between', (o) => {
    Object.assign(of(o.etcd, 1), { hash: 'dead', compactRevision: 500 })
  }),
  unknownWhen('etcd/equal-hash', 'a member gave no hash', (o) => {
    delete of(o.etcd, 1).hash
  }),
  falseWhen('etcd/space', 'Q5106', 'a store is nearly full', 'cp-3', /cp-3: 1800 of 2048 MiB/, (o) => {
    of(o.etcd, 2).dbSizeBytes = 1800 * 2 ** 20
  }),
  unknownWhen('etcd/space', 'a member does not tell', (o) => {
    delete of(o.etcd, 2).dbSizeBytes
  }),
  falseWhen('control-plane/ready', 'Q5201', 'a check fails', 'cp-1', /cp-1: etcd, informer-sync/, (o) => {
    Object.assign(of(o.apiServers, 0), { ready: false, failed: ['etcd', 'informer-sync'] })
  }),
  unknownWhen('control-plane/ready', 'an API server was not asked', (o) => o.apiServers.pop()),
  falseWhen('control-plane/versions', 'Q5203', 'a version is older', 'cp-2', /cp-2: runs v1\.35\.0, the file says v1\.36\.3/, (o) => {
    of(o.apiServers, 1).version = 'v1.35.0'
  }),
  unknownWhen('control-plane/versions', 'a version is not told', (o) => {
    delete of(o.apiServers, 1).version
  }),
  falseWhen('endpoint/from-pods', 'Q5202', 'the endpoint is missing', 'cp-1', /10\.99\.0\.10: is not behind/, (_, live) =>
    live.apiAddresses?.pop(),
  ),
  falseWhen('endpoint/from-pods', 'Q5202', 'an API server wrote itself', 'cp-2', /10\.99\.0\.22: is behind the Service/, (_, live) =>
    live.apiAddresses?.push('10.99.0.22'),
  ),
  falseWhen('endpoint/from-pods', 'Q5202', 'a stranger is there', 'cp-1', /10\.99\.0\.99: is behind the Service/, (_, live) =>
    live.apiAddresses?.push('10.99.0.99'),
  ),
  unknownWhen('endpoint/from-pods', 'it was not read', (_, live) => {
    delete live.apiAddresses
  }),
  falseWhen(
    'hosted/replicas',
    'Q5211',
    'a pod is not Ready',
    'w-1',
    /kube-scheduler: 2 of 3 Ready; kube-scheduler-w-1: CrashLoop/,
    (_, live) => {
      Object.assign(of(live.hosted?.pods, 7), { ready: false, reason: 'CrashLoopBackOff' })
    },
  ),
  falseWhen('hosted/replicas', 'Q5211', 'a pod is missing', 'demo', /kube-apiserver: 2 of 3 Ready/, (_, live) => live.hosted?.pods.shift()),
  falseWhen('hosted/replicas', 'Q5211', 'two share a node', 'cp-3', /kube-apiserver: on cp-3 and w-2 only/, (_, live) => {
    of(live.hosted?.pods, 1).node = 'cp-3'
  }),
  unknownWhen('hosted/replicas', 'the host was not asked', (_, live) => {
    delete live.hosted
  }),
  falseWhen('hosted/reached', 'Q5212', 'a node port is closed', 'w-2', /w-2: 10\.99\.0\.32:30443: no answer/, (o) => {
    Object.assign(of(o.apiServers, 2), { ready: false, failed: ['no answer within 2000 ms'] })
  }),
  unknownWhen('hosted/reached', 'a node was not asked', (o) => o.apiServers.pop()),
  unknownWhen('hosted/reached', 'the host tells of fewer', (_, live) => live.hosted?.pods.shift()),
  falseWhen('hosted/versions', 'Q5203', 'a version is older', 'w-1', /w-1: runs v1\.35\.0/, (o) => {
    of(o.apiServers, 1).version = 'v1.35.0'
  }),
  unknownWhen('hosted/versions', 'a version is not told', (o) => {
    delete of(o.apiServers, 1).version
  }),
  falseWhen('hosted/budgets', 'Q5213', 'one is missing', 'demo', /kube-scheduler: has no PodDisruptionBudget/, (_, live) =>
    live.hosted?.budgets.pop(),
  ),
  unknownWhen('hosted/budgets', 'the host was not asked', (_, live) => {
    delete live.hosted
  }),
  falseWhen('hosted/address', 'Q5214', 'none was given', 'demo', /10\.99\.0\.200: has none/, (_, live) => live.hosted?.addresses.pop()),
  unknownWhen('hosted/address', 'the host was not asked', (_, live) => {
    delete live.hosted
  }),
  falseWhen('balancer/running', 'Q5301', 'a proxy is down', 'lb-2', /lb-2: the proxy is failed/, (o) => {
    Object.assign(of(o.balancers, 1), { running: false, error: 'the proxy is failed' })
  }),
  unknownWhen('balancer/running', 'a balancer cannot be asked', (o) => {
    Object.assign(of(o.balancers, 1), { running: false, reachable: false, error: 'connection refused' })
  }),
  falseWhen('balancer/backends', 'Q5302', 'a backend is down', 'lb-1', /lb-1: cp-3 is DOWN \(L4CON\)/, (o) => {
    Object.assign(of(of(o.balancers, 0).backends, 4), { status: 'DOWN', checkStatus: 'L4CON' })
  }),
  falseWhen('balancer/backends', 'Q5302', 'a backend is on its way down', 'lb-1', /UP 1\/2/, (o) => {
    of(of(o.balancers, 0).backends, 0).status = 'UP 1/2'
  }),
  falseWhen('balancer/backends', 'Q5302', 'a backend was left out of service', 'lb-2', /cp-1 is MAINT/, (o) => {
    of(of(o.balancers, 1).backends, 0).status = 'MAINT'
  }),
  falseWhen('balancer/backends', 'Q5302', 'a backend is not known', 'lb-2', /knows 2 API servers, the file has 3/, (o) => {
    of(o.balancers, 1).backends.splice(0, 2)
  }),
  unknownWhen('balancer/backends', 'haproxy tells none', (o) => {
    of(o.balancers, 1).backends = []
  }),
  falseWhen('balancer/same-config', 'Q5303', 'one was edited', 'lb-1', /lb-1 0{12}; lb-2 f{12}/, (o) => {
    of(o.balancers, 0).configSum = '0'.repeat(64)
  }),
  unknownWhen('balancer/same-config', 'one was not read', (o) => {
    delete of(o.balancers, 0).configSum
  }),
  falseWhen('virtual-ip/one-holder', 'Q5401', 'nobody holds it', 'lb-1', /nobody holds 10\.99\.0\.10/, (o) => {
    o.virtualIpHolders = []
  }),
  falseWhen('virtual-ip/one-holder', 'Q5402', 'both hold it', 'lb-2', /lb-1 and lb-2 hold/, (o) => {
    o.virtualIpHolders = ['lb-1', 'lb-2']
  }),
  falseWhen('virtual-ip/one-holder', 'Q5403', 'a worker holds it', 'w-1', /w-1 holds/, (o) => {
    o.virtualIpHolders = ['w-1']
  }),
  unknownWhen('virtual-ip/one-holder', 'the other balancer cannot be asked', (o) => {
    of(o.balancers, 1).reachable = false
  }),
  falseWhen('endpoint/answers', 'Q5404', 'nothing listens', undefined, /10\.99\.0\.10:6443: connection refused/, (o) => {
    o.endpoint = { ready: false, error: 'connection refused' }
  }),
  unknownWhen('endpoint/answers', 'it was not asked', (o) => {
    delete o.endpoint
  }),
  falseWhen('certificates/valid', 'Q5901', 'one expires soon', 'cp-2', /cp-2: expires in 9 days/, (_, live) => {
    of(live.certificates, 1).notAfterMs = Date.parse('2026-12-01T00:00:00Z')
  }),
  unknownWhen('certificates/valid', 'one was not shown', (_, live) => live.certificates?.pop()),
  falseWhen('certificates/names', 'Q5902', 'the endpoint is not in it', 'cp-3', /cp-3: lacks 10\.99\.0\.10/, (_, live) => {
    of(live.certificates, 2).names = ['kubernetes', '10.99.0.23']
  }),
  unknownWhen('certificates/names', 'none was read', (_, live) => {
    delete live.certificates
  }),
  ...(['controller-manager', 'scheduler'] as const).flatMap((name) => [
    falseWhen(`leases/${name}`, 'Q5501', 'it is not renewed', 'cp-1', /cp-1 renewed 9\.0 s ago, holds for 5\.0 s/, (o) => {
      for (const lease of o.leases) if (lease.name === `kube-${name}`) lease.renewAgeMs = 8990
    }),
    falseWhen(`leases/${name}`, 'Q5501', 'nobody has ever led', `kube-${name}`, /nobody has ever held/, (o) => {
      o.leases = o.leases.filter((lease) => lease.name !== `kube-${name}`)
    }),
    falseWhen(`leases/${name}`, 'Q5501', 'it was given up', `kube-${name}`, /nobody holds/, (o) => {
      for (const lease of o.leases) lease.holder = ''
    }),
    unknownWhen(`leases/${name}`, 'no lease was seen', (o) => {
      o.leases = []
    }),
  ]),
  falseWhen('nodes/ready', 'Q5601', 'one is not Ready', 'w-1', /w-1: NetworkPluginNotReady/, (o) => {
    Object.assign(of(o.nodes, 3), { ready: false, reason: 'NetworkPluginNotReady' })
  }),
  falseWhen('nodes/ready', 'Q5601', 'one is not registered', 'w-2', /w-2: is not registered/, (o) => o.nodes.pop()),
  unknownWhen('nodes/ready', 'no API server answers', (o) => {
    o.nodes = []
    o.unseen = { nodes: 'connection refused' }
  }),
  falseWhen('nodes/zones', 'Q5602', 'a label is wrong', 'cp-1', /cp-1: zone x, the file says a/, (o) => {
    of(o.nodes, 0).zone = 'x'
  }),
  unknownWhen('nodes/zones', 'no API server answers', (o) => {
    o.unseen = { nodes: 'connection refused' }
  }),
  falseWhen(
    'nodes/pod-subnets',
    'Q5603',
    'another subnet was allotted',
    'w-1',
    /w-1: pod subnet 10\.244\.0\.0\/24, routes lead to 10\.244\.31\.0\/24/,
    (o) => {
      of(o.nodes, 3).podCidr = '10.244.0.0/24'
    },
  ),
  unknownWhen('nodes/pod-subnets', 'no API server answers', (o) => {
    o.unseen = { nodes: 'connection refused' }
  }),
  falseWhen('dns/replicas', 'Q5701', 'a replica is not ready', 'w-2', /1 of 2 ready; coredns-1: CrashLoopBackOff/, (o) => {
    Object.assign(of(o.pods, 1), { ready: false, reason: 'CrashLoopBackOff' })
  }),
  falseWhen('dns/replicas', 'Q5701', 'all are on one machine', 'w-1', /all replicas run on w-1/, (o) => {
    of(o.pods, 1).node = 'w-1'
  }),
  unknownWhen('dns/replicas', 'no pod was seen', (o) => {
    o.pods = []
  }),
  falseWhen('dns/budget', 'Q5702', 'there is none', undefined, /none of 1 budgets/, (_, live) => {
    of(live.budgets, 0).matchLabels = { app: 'other' }
  }),
  falseWhen('dns/budget', 'Q5702', 'one selects nothing in particular', undefined, /none of 1 budgets/, (_, live) => {
    of(live.budgets, 0).matchLabels = {}
  }),
  unknownWhen('dns/budget', 'they were not read', (_, live) => {
    delete live.budgets
  }),
  falseWhen('workload/ready', 'Q5801', 'a probe does not start', 'w-2', /w-2: probe-1: ErrImageNeverPull/, (o) => {
    Object.assign(of(o.pods, 3), { ready: false, reason: 'ErrImageNeverPull' })
  }),
  falseWhen('workload/ready', 'Q5801', 'a worker has none', 'w-2', /w-2: no probe pod yet/, (o) => o.pods.splice(3, 1)),
  unknownWhen('workload/ready', 'no pod was seen', (o) => {
    o.pods = []
  }),
  ...(
    [
      ['name', 'workload/names', 'Q5802'],
      ['pod', 'workload/pods', 'Q5803'],
      ['service', 'workload/service', 'Q5804'],
    ] as const
  ).flatMap(([what, claim, code]) => [
    falseWhen(claim, code, 'one does not', 'w-2', /w-2: .*: i\/o timeout/, (_, live) => {
      for (const one of live.probes ?? [])
        if (one.what === what && one.node === 'w-2') Object.assign(one, { ok: false, detail: 'i/o timeout' })
    }),
    unknownWhen(claim, 'one was not asked', (_, live) => {
      live.probes = (live.probes ?? []).filter((one) => one.node !== 'w-2')
    }),
    unknownWhen(claim, 'none was asked', (_, live) => {
      delete live.probes
    }),
  ]),
  falseWhen('load-balancer/running', 'Q5811', 'a speaker does not start', 'w-1', /w-1: speaker-0: ErrImageNeverPull/, (o) => {
    Object.assign(of(o.pods, 7), { ready: false, reason: 'ErrImageNeverPull' })
  }),
  falseWhen('load-balancer/running', 'Q5811', 'there is no controller', undefined, /no controller/, (o) => {
    o.pods.splice(6, 1)
  }),
  falseWhen('load-balancer/running', 'Q5811', 'both web servers are on one machine', undefined, /web: 2 of 2 ready, on w-1/, (o) => {
    of(o.pods, 5).node = 'w-1'
  }),
  unknownWhen('load-balancer/running', 'no pod was seen', (o) => {
    o.pods = []
  }),
  falseWhen(
    'load-balancer/reached',
    'Q5812',
    'nobody answers for the address',
    'w-1',
    /10\.99\.0\.200 \(announced by w-1\): no route/,
    (_, live) => {
      Object.assign(live.web ?? {}, { ok: false, detail: 'no route to host' })
    },
  ),
  falseWhen('load-balancer/reached', 'Q5812', 'no address was handed out', undefined, /the web server: no address/, (_, live) => {
    live.web = { ok: false, detail: 'no address of the pool was handed out yet' }
  }),
  unknownWhen('load-balancer/reached', 'it was not asked', (_, live) => {
    delete live.web
  }),
  falseWhen(
    'endpoint/from-nodes',
    'Q5405',
    'a node is turned away',
    'w-1',
    /w-1: 8 of 8 connections failed \(connection refused\)$/,
    (_, live) => {
      Object.assign(of(live.entries, 3), { failed: 8, servers: [], error: 'connection refused' })
    },
  ),
  falseWhen('endpoint/from-nodes', 'Q5405', 'some connections fail', 'cp-2', /cp-2: 3 of 8 connections failed \(no answer\)/, (_, live) => {
    Object.assign(of(live.entries, 1), { failed: 3, servers: ['cp-1', 'cp-3'] })
  }),
  unknownWhen('endpoint/from-nodes', 'a node could not be asked', (_, live) => {
    Object.assign(of(live.entries, 0), { tries: 0, servers: [], error: 'no route to host' })
  }),
  unknownWhen('endpoint/from-nodes', 'none was asked', (_, live) => {
    delete live.entries
  }),
  falseWhen('endpoint/all-servers', 'Q5406', 'one is left out', 'cp-3', /cp-3: was never led to/, (_, live) => {
    for (const one of live.entries ?? []) one.servers = ['cp-1', 'cp-2']
  }),
  falseWhen('endpoint/all-servers', 'Q5406', 'a stranger answers', 'cp-1', /a stranger: answers behind/, (_, live) => {
    of(live.entries, 0).servers.push('a stranger')
  }),
  unknownWhen('endpoint/all-servers', 'a node was led nowhere', (_, live) => {
    of(live.entries, 4).failed = 8
  }),
]
