import type { Timing } from '../../src/model/timing.js'
import type { ClusterSummary, Domain, FaultCategory, FaultReport } from '../../src/report/drill-report.js'

export const timing: Timing = {
  name: 'fast',
  vrrpAdvertMs: 100,
  vrrpVersion: 3,
  vrrpCheck: { intervalMs: 200, timeoutMs: 200, fall: 2, rise: 2, restartMs: 600, kind: 'http' },
  backendCheck: {
    kind: 'readyz',
    intervalMs: 200,
    fastIntervalMs: 100,
    downIntervalMs: 200,
    timeoutMs: 200,
    fall: 2,
    rise: 2,
    slowStartMs: 0,
    cutMs: 3000,
  },
  connectMs: 150,
  idleMs: 3_600_000,
  redispatch: true,
  retries: 2,
  etcd: { heartbeatMs: 50, electionMs: 500, readyCheckMs: 1000, lookMs: 100, silentMs: 300 },
  lease: { durationMs: 5000, renewMs: 3000, retryMs: 1000 },
  node: { statusUpdateMs: 10_000, monitorGraceMs: 50_000, monitorPeriodMs: 5000, leaseDurationMs: 40_000, tolerationMs: 300_000 },
  http2: { readIdleMs: 5000, pingMs: 3000 },
  apiShutdownDelayMs: 2000,
}

export const cluster: ClusterSummary = {
  name: 'demo',
  kubernetesVersion: 'v1.36.3',
  endpoint: '10.99.0.10:6443',
  balancer: 'haproxy-keepalived',
  topology: 'stacked',
  machines: [
    { name: 'lb-1', address: '10.99.0.11', zone: 'a', roles: ['balancer'] },
    { name: 'lb-2', address: '10.99.0.12', zone: 'b', roles: ['balancer'] },
    { name: 'cp-1', address: '10.99.0.21', zone: 'a', roles: ['control-plane', 'etcd'] },
    { name: 'cp-2', address: '10.99.0.22', zone: 'b', roles: ['control-plane', 'etcd'] },
    { name: 'cp-3', address: '10.99.0.23', zone: 'c', roles: ['control-plane', 'etcd'] },
    { name: 'w-1', address: '10.99.0.31', zone: 'a', roles: ['worker'] },
    { name: 'w-2', address: '10.99.0.32', zone: 'b', roles: ['worker'] },
  ],
}

export interface Felt {
  /** Failing windows after the fault took effect: [from, to, share of requests that fail]. */
  windows: [number, number, number][]
}

export interface Plan {
  id: string
  title: string
  category: FaultCategory
  control?: FaultReport['control']
  role: string
  machines: string[]
  domains?: Domain[]
  predictedMs: number | null
  formula: string
  felt: Record<string, Felt>
  /** In force for. */
  inForceMs: number
  vip?: { gapMs: number; splitMs: number }
  leader?: { from: string; to: string; gapMs: number }
  redundancyMs: number | null
  effect: string
  ineffective?: boolean
  unsafe?: boolean
  repeats?: number[]
}

export const probes = ['new connection', 'kept connection', 'HTTP/2 with ping', 'writes', 'watch', 'pod to Service', 'DNS']

export const machine = (name: string): Domain => ({ kind: 'machine', name })
export const zone = (name: string): Domain => ({ kind: 'zone', name })
const component = (name: string): Domain => ({ kind: 'component', name })
const quiet: Record<string, Felt> = {}
const all = (...windows: [number, number, number][]): Record<string, Felt> => ({
  'new connection': { windows },
  'kept connection': { windows: windows.map(([a, b, s]) => [a, b * 1.3, s]) },
  writes: { windows: windows.map(([a, b, s]) => [a, b * 1.15, s]) },
})

export const plans: Plan[] = [
  {
    id: 'no-fault',
    title: 'No fault at all',
    category: 'control',
    control: 'must-hold',
    role: 'nothing',
    machines: [],
    predictedMs: 0,
    formula: 'nothing is broken',
    felt: quiet,
    inForceMs: 10_000,
    redundancyMs: 0,
    effect: 'nothing was touched',
  },
  {
    id: 'quorum-lost',
    title: 'Quorum lost',
    category: 'control',
    control: 'must-fail',
    role: 'two etcd members',
    machines: ['cp-2', 'cp-3'],
    predictedMs: null,
    formula: '1 of 3 members cannot commit; service is away until a second is back',
    felt: all([20, 8_200, 1]),
    inForceMs: 8000,
    redundancyMs: 3400,
    effect: 'members cp-2 and cp-3 no longer answer on 2379',
  },
  {
    id: 'etcd-leader-kill',
    title: 'etcd leader killed',
    category: 'process',
    role: 'etcd leader',
    machines: ['cp-2'],
    domains: [component('etcd member')],
    predictedMs: 1150,
    formula: '2 x election 500 ms + heartbeat 50 ms + 2 x round trip',
    felt: all([10, 420, 0.8]),
    inForceMs: 1200,
    leader: { from: 'cp-2', to: 'cp-3', gapMs: 410 },
    redundancyMs: 2100,
    effect: 'pid 812 gone, kubelet restarted it as 1904 after 1.1 s',
    repeats: [410, 455, 380, 620, 430],
  },
  {
    id: 'apiserver-freeze',
    title: 'API server frozen behind the virtual IP',
    category: 'process',
    role: 'API server behind the virtual IP',
    machines: ['cp-1'],
    domains: [component('API server')],
    predictedMs: 850,
    formula: 'interval 200 ms + 2 x timeout 200 ms + fast interval 100 ms + connect 150 ms',
    felt: { ...all([30, 560, 0.34]), 'HTTP/2 with ping': { windows: [[30, 2050, 0.4]] }, watch: { windows: [[30, 3100, 1]] } },
    inForceMs: 12_000,
    redundancyMs: 1500,
    effect: 'state T in /proc/911/stat; /readyz at 10.99.0.21 timed out',
    repeats: [530, 610, 540, 575, 552],
  },
  {
    id: 'haproxy-kill',
    title: 'haproxy killed on the VIP holder',
    category: 'process',
    role: 'VIP holder',
    machines: ['lb-1'],
    domains: [component('haproxy')],
    predictedMs: 460,
    formula: 'systemd restart 100 ms, or check 200 ms x 2 + skew 60 ms',
    felt: all([0, 90, 1]),
    inForceMs: 400,
    redundancyMs: 600,
    effect: 'pid 402 gone',
    repeats: [90, 110, 70, 95, 88],
  },
  {
    id: 'keepalived-kill',
    title: 'keepalived killed on the VIP holder',
    category: 'process',
    role: 'VIP holder',
    machines: ['lb-1'],
    domains: [component('keepalived')],
    predictedMs: 300,
    formula: '3 x advert 100 ms',
    felt: quiet,
    inForceMs: 900,
    vip: { gapMs: 0, splitMs: 340 },
    redundancyMs: 900,
    effect: 'pid 388 gone',
    repeats: [0, 0, 20, 0, 0],
  },
  {
    id: 'machine-power-loss-vip',
    title: 'Power loss of the VIP holder',
    category: 'machine',
    role: 'VIP holder',
    machines: ['lb-1'],
    domains: [machine('lb-1')],
    predictedMs: 480,
    formula: '3 x advert 100 ms + skew 60 ms + advert gap 100 ms + ARP 20 ms',
    felt: { ...all([0, 360, 1]), 'HTTP/2 with ping': { windows: [[0, 1900, 1]] }, watch: { windows: [[0, 2100, 1]] } },
    inForceMs: 15_000,
    vip: { gapMs: 350, splitMs: 0 },
    redundancyMs: 4200,
    effect: 'no answer on any port within 20 ms of cutting the link',
    repeats: [360, 390, 340, 372, 410],
  },
  {
    id: 'machine-power-loss-etcd',
    title: 'Power loss of the control plane with the etcd leader',
    category: 'machine',
    role: 'control plane with the etcd leader',
    machines: ['cp-2'],
    domains: [machine('cp-2')],
    predictedMs: 1350,
    formula: 'max(2 x election 500 ms + heartbeat 50 ms, balancer 850 ms) + connect 150 ms x 2',
    felt: {
      ...all([15, 300, 1], [340, 760, 0.35]),
      'HTTP/2 with ping': { windows: [[15, 5200, 0.4]] },
      watch: { windows: [[15, 5900, 1]] },
    },
    inForceMs: 20_000,
    leader: { from: 'cp-2', to: 'cp-1', gapMs: 610 },
    redundancyMs: 9300,
    effect: 'no answer on any port within 20 ms of cutting the link',
    repeats: [745, 690, 812, 760, 733],
  },
  {
    id: 'machine-freeze-worker',
    title: 'Worker frozen',
    category: 'machine',
    role: 'worker',
    machines: ['w-1'],
    domains: [machine('w-1')],
    predictedMs: 0,
    formula: 'the API does not depend on a worker',
    felt: { 'pod to Service': { windows: [[0, 1400, 0.5]] }, DNS: { windows: [[0, 2600, 0.5]] } },
    inForceMs: 30_000,
    redundancyMs: 2300,
    effect: 'freezer.state FROZEN, no answer to ssh',
  },
  {
    id: 'zone-power-loss',
    title: 'Zone a loses power',
    category: 'machine',
    role: 'zone of the VIP holder',
    machines: ['lb-1', 'cp-1', 'w-1'],
    domains: [zone('a'), machine('lb-1'), machine('cp-1'), machine('w-1')],
    predictedMs: 1400,
    formula: 'max(VRRP 480 ms, election 1050 ms, balancer 850 ms) + connect 150 ms x 2',
    felt: {
      ...all([0, 420, 1], [440, 910, 0.4]),
      'HTTP/2 with ping': { windows: [[0, 5600, 1]] },
      watch: { windows: [[0, 6300, 1]] },
      DNS: { windows: [[0, 2000, 0.5]] },
    },
    inForceMs: 20_000,
    vip: { gapMs: 400, splitMs: 0 },
    leader: { from: 'cp-1', to: 'cp-2', gapMs: 700 },
    redundancyMs: 14_800,
    effect: 'three machines silent',
    repeats: [905, 880, 960, 921, 1015],
  },
  {
    id: 'network-isolate-leader',
    title: 'etcd leader cut off in both directions',
    category: 'network',
    role: 'control plane with the etcd leader',
    machines: ['cp-3'],
    domains: [machine('cp-3')],
    predictedMs: 1350,
    formula: 'max(2 x election 500 ms + heartbeat 50 ms, balancer 850 ms) + connect 150 ms x 2',
    felt: all([10, 850, 0.45]),
    inForceMs: 12_000,
    leader: { from: 'cp-3', to: 'cp-2', gapMs: 560 },
    redundancyMs: 3900,
    effect: '0 packets from cp-3 at cp-1 and cp-2 for 11.9 s',
  },
  {
    id: 'network-vrrp-drop',
    title: 'VRRP dropped between the balancers',
    category: 'network',
    role: 'both balancers',
    machines: ['lb-1', 'lb-2'],
    predictedMs: 500,
    formula: 'both hold the address; the newest ARP answer wins',
    felt: all([360, 420, 0.5]),
    inForceMs: 10_000,
    vip: { gapMs: 0, splitMs: 9650 },
    redundancyMs: 700,
    effect: 'both balancers MASTER',
  },
  {
    id: 'network-mtu',
    title: 'Packets above 1400 bytes dropped',
    category: 'network',
    role: 'VIP holder',
    machines: ['lb-1'],
    predictedMs: 900,
    formula: 'check of /readyz does not fit into one packet',
    felt: quiet,
    inForceMs: 10_000,
    redundancyMs: 300,
    effect: 'a packet of 1450 bytes still arrived',
    ineffective: true,
  },
  {
    id: 'etcd-disk-full',
    title: 'etcd file system full',
    category: 'storage',
    role: 'etcd follower',
    machines: ['cp-1'],
    domains: [component('etcd disk')],
    predictedMs: 1200,
    formula: 'as etcd follower lost',
    felt: all([200, 260, 0.33]),
    inForceMs: 10_000,
    redundancyMs: 5200,
    effect: 'no space left on device in the log of etcd',
    repeats: [60, 80, 40],
  },
  {
    id: 'etcd-data-wiped',
    title: 'Data directory of a member wiped',
    category: 'storage',
    role: 'etcd follower',
    machines: ['cp-3'],
    domains: [component('etcd data')],
    predictedMs: 1200,
    formula: 'as etcd follower lost; the member is replaced',
    felt: all([80, 200, 0.33]),
    inForceMs: 10_000,
    redundancyMs: 21_000,
    effect: 'member directory is empty',
  },
]
