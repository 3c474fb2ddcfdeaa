import type { ApplyResult } from '../../src/cli/verbs.js'
import type { CheckResult } from '../../src/model/check.js'
import type { Cluster, MachineSpec, Role } from '../../src/model/cluster.js'
import type { Observed } from '../../src/model/observed.js'

const machine = (name: string, last: number, zone: string, roles: Role[]): MachineSpec => ({
  name,
  address: `10.99.0.${last}`,
  zone,
  roles,
})

/** The shape of the built-in cluster, written out: tests of the drawing must not depend on how defaults are made. */
export const sampleCluster: Cluster = {
  name: 'demo',
  kubernetesVersion: 'v1.36.3',
  endpoint: { address: '10.99.0.10', port: 6443 },
  balancer: 'haproxy-keepalived',
  timing: 'fast',
  network: {
    podSubnet: '10.244.0.0/16',
    serviceSubnet: '10.96.0.0/16',
    machineSubnet: '10.99.0.0/24',
    dnsDomain: 'cluster.local',
    plugin: { kind: 'routed' },
  },
  virtualRouterId: 51,
  etcd: {},
  dns: { replicas: 2 },
  machines: [
    machine('lb-1', 11, 'a', ['balancer']),
    machine('lb-2', 12, 'b', ['balancer']),
    machine('cp-1', 21, 'a', ['control-plane', 'etcd']),
    machine('cp-2', 22, 'b', ['control-plane', 'etcd']),
    machine('cp-3', 23, 'c', ['control-plane', 'etcd']),
    machine('w-1', 31, 'a', ['worker']),
    machine('w-2', 32, 'b', ['worker']),
  ],
}

const facts = (spec: MachineSpec, reachable: boolean) => ({
  machine: spec.name,
  observedAtMs: 0,
  reachable,
  ...(reachable ? {} : { error: 'connect: no route to host' }),
  hostname: spec.name,
  kernel: '6.1.0',
  os: 'Debian 12',
  cpus: 2,
  memoryBytes: 4e9,
  diskFreeBytes: 1e11,
  clockSkewMs: 0,
  addresses: {},
  files: {},
  units: {},
  versions: {},
})

/** One look at the sample cluster; machines in `dead` were lost. */
export const sampleObserved = (dead: readonly string[] = [], cluster: Cluster = sampleCluster): Observed => {
  const alive = (name: string) => !dead.includes(name)
  const members = cluster.machines.filter((one) => one.roles.includes('etcd'))
  const leader = members.find((one) => alive(one.name))?.name ?? ''
  const balancers = cluster.machines.filter((one) => one.roles.includes('balancer'))
  return {
    v: 1,
    cluster: cluster.name,
    at: '2026-01-02T03:04:05.000Z',
    machines: cluster.machines.map((one) => facts(one, alive(one.name))),
    etcd: members.map((one) => ({
      machine: one.name,
      endpoint: `https://${one.address}:2379`,
      reachable: alive(one.name),
      ...(alive(one.name) ? { memberId: one.name, leaderId: leader } : {}),
    })),
    apiServers: members.map((one) => ({
      machine: one.name,
      endpoint: `https://${one.address}:6443`,
      ready: alive(one.name),
      failed: alive(one.name) ? [] : ['timeout'],
    })),
    balancers: balancers.map((one) => ({
      machine: one.name,
      running: alive(one.name),
      backends: members.map((member) => ({
        backend: 'api',
        server: member.name,
        status: alive(member.name) ? 'UP' : 'DOWN',
        checkStatus: '',
      })),
    })),
    virtualIpHolders: balancers
      .filter((one) => alive(one.name))
      .slice(0, 1)
      .map((one) => one.name),
    endpoint: { ready: true, latencyMs: 4 },
    leases: [],
    nodes: cluster.machines
      .filter((one) => !one.roles.includes('balancer'))
      .map((one) => ({ name: one.name, ready: alive(one.name), reason: '', kubeletVersion: 'v1.36.3', unschedulable: false })),
    pods: [],
  }
}

export const sampleChecks: CheckResult[] = [
  {
    id: 'etcd/one-leader',
    claim: 'every etcd member agrees on one leader',
    verdict: 'True',
    evidence: 'cp-1, cp-2, cp-3 name cp-1, term 2',
  },
  { id: 'api/ready', claim: 'every API server is ready at its own address', verdict: 'True', evidence: '3 of 3' },
  { id: 'vip/one-holder', claim: 'the virtual IP is on exactly one machine', verdict: 'True', evidence: 'lb-1' },
  { id: 'node/ready', claim: 'every node is Ready', verdict: 'True', evidence: '5 of 5' },
]

export const brokenCheck: CheckResult = {
  id: 'vip/one-holder',
  claim: 'the virtual IP is on exactly one machine',
  verdict: 'False',
  evidence: 'lb-1 and lb-2 both carry 10.99.0.10',
  problem: { code: 'Q4903', severity: 'error', data: { command: 'check', what: 'an example', remedy: 'quorate ssh lb-2' } },
}

export const sampleResult: ApplyResult = {
  cluster: sampleCluster,
  changed: 68,
  changes: Array.from({ length: 68 }, (_, n) => ({ step: `phase/${n}`, reason: 'not there yet' })),
  ms: 17_400,
  stages: [
    { id: 'lab', title: 'Make machines', ms: 3100 },
    { id: 'machines', title: 'Machines', ms: 2600 },
    { id: 'balancer', title: 'Entry to the API', ms: 700 },
    { id: 'control-plane', title: 'Control plane', ms: 8200 },
    { id: 'claims', title: 'Claims', ms: 2100 },
  ],
  checks: sampleChecks,
  budget: [
    { failure: 'an API server dies', lowMs: 0, highMs: 500, because: 'haproxy sees it, retries elsewhere' },
    { failure: 'the balancer with the virtual IP dies', lowMs: 400, highMs: 680, because: '3 adverts of 200 ms and skew' },
    { failure: 'the etcd leader dies', lowMs: 500, highMs: 1000, because: 'election timeout' },
    { failure: 'a worker dies', lowMs: 0, highMs: 0, because: 'no way in goes over it' },
  ],
  kubeconfigPath: '/root/.local/state/quorate/demo/kubeconfig',
  alreadyUp: false,
}
