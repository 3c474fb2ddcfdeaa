import type { Cluster, MachineSpec, Role } from '../../src/model/cluster.js'
import type { Timing } from '../../src/model/timing.js'

/** Clusters as config/ would hand them over, small enough to be read in a test. */

const machine = (name: string, address: string, zone: string, ...roles: Role[]): MachineSpec => ({ name, address, zone, roles })

export const base = (machines: MachineSpec[], rest: Partial<Cluster> = {}): Cluster => ({
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
  virtualRouterId: 77,
  etcd: {},
  dns: { replicas: 2 },
  machines,
  ...rest,
})

/** Three control planes with etcd, two balancers, two workers, three zones: what `up` builds without a file. */
export const stacked = (rest: Partial<Cluster> = {}): Cluster =>
  base(
    [
      machine('lb-1', '10.99.0.11', 'a', 'balancer'),
      machine('lb-2', '10.99.0.12', 'b', 'balancer'),
      machine('cp-1', '10.99.0.21', 'a', 'control-plane', 'etcd'),
      machine('cp-2', '10.99.0.22', 'b', 'control-plane', 'etcd'),
      machine('cp-3', '10.99.0.23', 'c', 'control-plane', 'etcd'),
      machine('w-1', '10.99.0.31', 'a', 'worker'),
      machine('w-2', '10.99.0.32', 'b', 'worker'),
    ],
    rest,
  )

/** The smallest honest one: every machine is everything, and the proxy shares its machine with an API server. */
export const colocated = (rest: Partial<Cluster> = {}): Cluster =>
  base(
    [1, 2, 3].map((n) => machine(`m-${n}`, `10.99.0.2${n}`, 'abc'.charAt(n - 1), 'control-plane', 'etcd', 'balancer')),
    rest,
  )

export const externalEtcd = (rest: Partial<Cluster> = {}): Cluster =>
  base(
    [
      machine('lb-1', '10.99.0.11', 'a', 'balancer'),
      machine('lb-2', '10.99.0.12', 'b', 'balancer'),
      machine('etcd-1', '10.99.0.41', 'a', 'etcd'),
      machine('etcd-2', '10.99.0.42', 'b', 'etcd'),
      machine('etcd-3', '10.99.0.43', 'c', 'etcd'),
      machine('cp-1', '10.99.0.21', 'a', 'control-plane'),
      machine('cp-2', '10.99.0.22', 'b', 'control-plane'),
      machine('w-1', '10.99.0.31', 'c', 'worker'),
    ],
    rest,
  )

/** Timings fixed here, so that golden files change only when a renderer does. */
export const fast: Timing = {
  name: 'fast',
  vrrpAdvertMs: 100,
  vrrpVersion: 3,
  vrrpCheck: { intervalMs: 250, timeoutMs: 250, fall: 2, rise: 2, restartMs: 600, kind: 'http' },
  backendCheck: {
    kind: 'readyz',
    intervalMs: 500,
    fastIntervalMs: 100,
    downIntervalMs: 250,
    timeoutMs: 250,
    fall: 2,
    rise: 2,
    slowStartMs: 0,
    cutMs: 3000,
  },
  connectMs: 200,
  idleMs: 3_600_000,
  redispatch: true,
  retries: 2,
  etcd: { heartbeatMs: 50, electionMs: 500, readyCheckMs: 500, lookMs: 100, silentMs: 300 },
  lease: { durationMs: 5000, renewMs: 3000, retryMs: 1000 },
  node: { statusUpdateMs: 4000, monitorGraceMs: 20_000, monitorPeriodMs: 2000, leaseDurationMs: 20_000, tolerationMs: 30_000 },
  http2: { readIdleMs: 5000, pingMs: 3000 },
  apiShutdownDelayMs: 3000,
}

export const guide: Timing = {
  ...fast,
  name: 'guide',
  vrrpAdvertMs: 1000,
  vrrpVersion: 2,
  vrrpCheck: { intervalMs: 2000, timeoutMs: 2000, fall: 3, rise: 2, restartMs: 0, kind: 'process' },
  backendCheck: {
    kind: 'tcp',
    intervalMs: 10_000,
    fastIntervalMs: 10_000,
    downIntervalMs: 5000,
    timeoutMs: 10_000,
    fall: 2,
    rise: 2,
    slowStartMs: 60_000,
    cutMs: 0,
  },
  connectMs: 5000,
  idleMs: 50_000,
  redispatch: false,
  retries: 3,
  etcd: { heartbeatMs: 100, electionMs: 1000, readyCheckMs: 2000, lookMs: 0, silentMs: 0 },
  apiShutdownDelayMs: 0,
}

export const named = (cluster: Cluster, name: string): MachineSpec => {
  const found = cluster.machines.find((m) => m.name === name)
  if (!found) throw new Error(`no machine ${name}`)
  return found
}

/** Pod subnets by place in the list; config/ decides the real ones. */
export const podCidrOf = (machine: MachineSpec): string => `10.244.${Number(machine.address.split('.')[3])}.0/24`
