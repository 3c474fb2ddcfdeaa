import { podCidrOf } from '../../../src/config/pod-cidr.js'
import type { Cluster, MachineSpec, Role } from '../../../src/model/cluster.js'
import { apiServerCount, balancers, controlPlanes, etcdMachines, nodes, workers } from '../../../src/model/cluster.js'
import type { Observed, PodFacts } from '../../../src/model/observed.js'
import type { Live } from '../../../src/observe/live.js'
import { apiAddressesOfPods, apiDoors } from '../../../src/render/endpoint.js'
import { hostedComponents } from '../../../src/render/hosted-names.js'

const machine = (name: string, last: number, zone: string, roles: Role[]): MachineSpec => ({
  name,
  address: `10.99.0.${last}`,
  zone,
  roles,
})

/** Three control planes with stacked etcd, two balancers, two workers, three zones. */
export const demo: Cluster = {
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

/** With a pool of addresses for Services: every claim there is applies to it. */
export const pooled: Cluster = { ...demo, loadBalancer: { addressPool: ['10.99.0.200-10.99.0.220'] } }

/** Its control plane runs in the first one, on three of its nodes. */
export const guest: Cluster = {
  ...demo,
  name: 'guest',
  balancer: 'node-local',
  endpoint: { address: '10.99.0.40', port: 6443 },
  network: { ...demo.network, podSubnet: '10.245.0.0/16', serviceSubnet: '10.97.0.0/16' },
  machines: [machine('e-1', 41, 'a', ['etcd']), machine('g-1', 51, 'a', ['worker']), machine('g-2', 52, 'b', ['worker'])],
  hosted: { host: demo, hostFile: '/host.yaml', replicas: 3, service: { type: 'NodePort', port: 30443 } },
}
const hostOfGuest = guest.hosted
if (!hostOfGuest) throw new Error('not hosted')
export const balancedGuest: Cluster = {
  ...guest,
  hosted: { ...hostOfGuest, host: pooled, service: { type: 'LoadBalancer', address: '10.99.0.200' } },
}

/** Doors that lead to an API server: of a hosted one those of the workers of the host and one control plane. */
const openDoors = (cluster: Cluster) => {
  const doors = apiDoors(cluster)
  return cluster.hosted ? doors.slice(-apiServerCount(cluster)) : doors
}

const hostedFacts = (cluster: Cluster): NonNullable<Live['hosted']> => ({
  pods: hostedComponents.flatMap((component) =>
    ['cp-3', 'w-1', 'w-2'].map((node) => ({
      namespace: 'quorate-guest',
      name: `${component}-${node}`,
      node,
      ready: true,
      phase: 'Running',
      restarts: 0,
      labels: { 'app.kubernetes.io/name': component },
    })),
  ),
  budgets: [...hostedComponents],
  addresses: cluster.hosted?.service.type === 'LoadBalancer' ? [cluster.hosted.service.address] : [],
})

const memberIds: Record<string, string> = { 'cp-1': 'aaa1', 'cp-2': 'aaa2', 'cp-3': 'aaa3' }

/** Everything as it should be; a new copy each time, to be spoilt. */
export const healthyObserved = (cluster: Cluster = demo): Observed => ({
  v: 1,
  cluster: cluster.name,
  at: '2026-11-21T04:00:00.000Z',
  machines: cluster.machines.map((m, index) => ({
    machine: m.name,
    observedAtMs: 1,
    reachable: true,
    hostname: m.name,
    kernel: '6.1',
    os: 'Debian GNU/Linux 12',
    cpus: 2,
    memoryBytes: 2 ** 34,
    diskFreeBytes: 20 * 2 ** 30,
    clockSkewMs: index * 5,
    addresses: { host0: [`${m.address}/24`] },
    files: {},
    units: { 'containerd.service': 'active' },
    versions: {},
  })),
  etcd: etcdMachines(cluster).map((m) => ({
    machine: m.name,
    endpoint: `${m.address}:2379`,
    reachable: true,
    memberId: memberIds[m.name] ?? m.name,
    clusterId: 'c1',
    leaderId: 'aaa2',
    raftTerm: 4,
    raftIndex: 1000,
    revision: 900,
    version: '3.6.16',
    dbSizeBytes: 5 * 2 ** 20,
    dbSizeInUseBytes: 4 * 2 ** 20,
    dbQuotaBytes: 2 ** 31,
    isLearner: false,
    errors: [],
    alarms: [],
    members: etcdMachines(cluster).map((one) => ({
      id: memberIds[one.name] ?? one.name,
      name: one.name,
      peerUrls: [`https://${one.address}:2380`],
      clientUrls: [`https://${one.address}:2379`],
      isLearner: false,
    })),
    hash: 'beef',
    hashRevision: 900,
    compactRevision: 100,
  })),
  apiServers: openDoors(cluster).map((m) => ({
    machine: m.name,
    endpoint: `${m.address}:${m.port}`,
    ready: true,
    failed: [],
    version: cluster.kubernetesVersion,
    latencyMs: 2,
  })),
  balancers: balancers(cluster).map((m) => ({
    machine: m.name,
    running: true,
    vrrpState: m.name === 'lb-1' ? 'MASTER' : 'BACKUP',
    configSum: 'f'.repeat(64),
    backends: controlPlanes(cluster).flatMap((one) => [
      { backend: 'apiservers', server: one.name, status: 'UP', checkStatus: 'L7OK' },
      { backend: 'apiservers', server: `${one.name}-unchecked`, status: 'no check', checkStatus: '' },
    ]),
  })),
  virtualIpHolders: ['lb-1'],
  endpoint: { ready: true, latencyMs: 3 },
  leases: ['kube-controller-manager', 'kube-scheduler', 'apiserver-xyz'].map((name) => ({
    name,
    holder: 'cp-1_0c1d',
    renewAgeMs: 700,
    durationMs: 5000,
    transitions: 0,
  })),
  nodes: nodes(cluster).map((m) => ({
    name: m.name,
    ready: true,
    reason: '',
    zone: m.zone ?? '',
    podCidr: podCidrOf(cluster, m),
    kubeletVersion: cluster.kubernetesVersion,
    internalIp: m.address,
    unschedulable: false,
  })),
  pods: [
    ...workers(cluster).map((m, index) => ({
      namespace: 'kube-system',
      name: `coredns-${index}`,
      node: m.name,
      ready: true,
      phase: 'Running',
      ip: `10.244.${30 + index}.2`,
      restarts: 0,
      labels: { 'k8s-app': 'kube-dns' },
    })),
    ...workers(cluster).map((m, index) => ({
      namespace: 'quorate-system',
      name: `probe-${index}`,
      node: m.name,
      ready: true,
      phase: 'Running',
      ip: `10.244.${30 + index}.3`,
      restarts: 0,
      labels: { 'app.kubernetes.io/name': 'probe' },
    })),
    ...(cluster.loadBalancer ? poolPods(cluster) : []),
  ],
})

const poolPods = (cluster: Cluster): PodFacts[] => {
  const pod = (namespace: string, name: string, node: string, labels: Record<string, string>): PodFacts => ({
    namespace,
    name,
    node,
    ready: true,
    phase: 'Running',
    restarts: 0,
    labels,
  })
  const nodes = workers(cluster).map((m) => m.name)
  return [
    ...nodes.map((node, i) => pod('quorate-system', `web-${i}`, node, { 'app.kubernetes.io/name': 'web' })),
    pod('metallb-system', 'controller-0', nodes[0] ?? '', { app: 'metallb', component: 'controller' }),
    ...nodes.map((node, i) => pod('metallb-system', `speaker-${i}`, node, { app: 'metallb', component: 'speaker' })),
  ]
}

export const healthyLive = (cluster: Cluster = demo): Live => ({
  apiAddresses: apiAddressesOfPods(cluster),
  ...(cluster.hosted ? { hosted: hostedFacts(cluster) } : {}),
  budgets: [{ name: 'coredns', matchLabels: { 'k8s-app': 'kube-dns' } }],
  certificates: controlPlanes(cluster).map((m) => ({
    machine: m.name,
    notAfterMs: Date.parse('2027-11-01T00:00:00Z'),
    names: ['kubernetes', cluster.endpoint.address, m.address],
  })),
  probes: workers(cluster).flatMap((m) => [
    {
      node: m.name,
      what: 'name' as const,
      target: 'kubernetes.default',
      ok: true,
      detail: 'Client sent an HTTP request to an HTTPS server.',
    },
    { node: m.name, what: 'pod' as const, target: 'the other', ok: true, detail: 'probe-1' },
    { node: m.name, what: 'service' as const, target: 'probe.quorate-system', ok: true, detail: 'probe-0' },
  ]),
  entries: nodes(cluster).map((m) => ({ node: m.name, tries: 8, failed: 0, servers: controlPlanes(cluster).map((one) => one.name) })),
  ...(cluster.loadBalancer ? { web: { address: '10.99.0.200', announcer: 'w-1', ok: true, detail: 'web-0' } } : {}),
})
