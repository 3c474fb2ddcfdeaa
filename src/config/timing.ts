import type { Cluster, TimingName } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'

const fast: Timing = {
  name: 'fast',
  vrrpAdvertMs: 100,
  vrrpVersion: 3,
  vrrpCheck: { intervalMs: 250, timeoutMs: 250, fall: 2, rise: 2, restartMs: 600, kind: 'http' },
  backendCheck: {
    kind: 'readyz',
    // As long as a busy API server may take for a handshake, which haproxy ends by the interval at the latest. One that is called down
    // loses the connections of every client through it, and their return makes the others slower.
    intervalMs: 500,
    fastIntervalMs: 50,
    downIntervalMs: 300,
    timeoutMs: 800,
    fall: 2,
    rise: 2,
    slowStartMs: 0,
    cutMs: 3000,
  },
  connectMs: 200,
  idleMs: 3_600_000,
  redispatch: true,
  retries: 2,
  // Not shorter than an election: until it is over no API server reaches etcd, and those that will in a moment must not be called down. With 300 ms they
  // were once, and everything went to the one whose member was frozen.
  etcd: { heartbeatMs: 50, electionMs: 500, readyCheckMs: 500, lookMs: 100, silentMs: 300 },
  lease: { durationMs: 4000, renewMs: 3000, retryMs: 500 },
  node: { statusUpdateMs: 4000, monitorGraceMs: 20_000, monitorPeriodMs: 2000, leaseDurationMs: 10_000, tolerationMs: 30_000 },
  http2: { readIdleMs: 5000, pingMs: 3000 },
  apiShutdownDelayMs: 2000,
}

const standard: Timing = {
  ...fast,
  name: 'standard',
  vrrpAdvertMs: 300,
  vrrpCheck: { intervalMs: 1000, timeoutMs: 1000, fall: 2, rise: 2, restartMs: 600, kind: 'http' },
  backendCheck: { ...fast.backendCheck, intervalMs: 1000, fastIntervalMs: 250, downIntervalMs: 500, timeoutMs: 1500, cutMs: 5000 },
  connectMs: 500,
  etcd: { heartbeatMs: 100, electionMs: 1000, readyCheckMs: 1000, lookMs: 200, silentMs: 600 },
  lease: { durationMs: 10_000, renewMs: 7000, retryMs: 2000 },
  node: { statusUpdateMs: 10_000, monitorGraceMs: 50_000, monitorPeriodMs: 5000, leaseDurationMs: 40_000, tolerationMs: 60_000 },
  http2: { readIdleMs: 10_000, pingMs: 5000 },
  apiShutdownDelayMs: 5000,
}

const wideArea: Timing = {
  ...standard,
  name: 'wide-area',
  vrrpAdvertMs: 1000,
  vrrpCheck: { intervalMs: 2000, timeoutMs: 2000, fall: 3, rise: 2, restartMs: 600, kind: 'http' },
  backendCheck: { ...standard.backendCheck, intervalMs: 2000, fastIntervalMs: 500, downIntervalMs: 1000, timeoutMs: 4000, cutMs: 10_000 },
  connectMs: 2000,
  etcd: { heartbeatMs: 300, electionMs: 3000, readyCheckMs: 3000, lookMs: 500, silentMs: 1500 },
  lease: { durationMs: 15_000, renewMs: 10_000, retryMs: 2000 },
  http2: { readIdleMs: 30_000, pingMs: 15_000 },
  apiShutdownDelayMs: 10_000,
}

const guide: Timing = {
  name: 'guide',
  vrrpAdvertMs: 1000,
  vrrpVersion: 2,
  vrrpCheck: { intervalMs: 2000, timeoutMs: 2000, fall: 2, rise: 2, restartMs: 0, kind: 'process' },
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
  lease: { durationMs: 15_000, renewMs: 10_000, retryMs: 2000 },
  node: { statusUpdateMs: 10_000, monitorGraceMs: 50_000, monitorPeriodMs: 5000, leaseDurationMs: 40_000, tolerationMs: 300_000 },
  http2: { readIdleMs: 30_000, pingMs: 15_000 },
  apiShutdownDelayMs: 0,
}

export const timings: Readonly<Record<TimingName, Timing>> = { fast, standard, 'wide-area': wideArea, guide }

/** With a proxy on every node each API server is checked by all of them: four times as seldom, or a hundred nodes keep it busy with that alone. */
const nodeLocalRarer = 4

/** Every timing of a cluster, by the one profile that its file names. */
export const timingOf = ({ timing, balancer }: Pick<Cluster, 'timing' | 'balancer'>): Timing => {
  const found = timings[timing]
  if (balancer !== 'node-local') return found
  return { ...found, backendCheck: { ...found.backendCheck, intervalMs: found.backendCheck.intervalMs * nodeLocalRarer } }
}
