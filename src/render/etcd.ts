import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import { type Cluster, etcdMachines, type MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { environmentLines, goEnvironment } from './environment.js'
import type { RenderOptions } from './options.js'

export const etcdUnitPath = '/etc/systemd/system/etcd.service'
export const etcdConfigPath = '/etc/etcd/etcd.yaml'
export const etcdDataDir = '/var/lib/etcd'
/** /livez, /readyz and /metrics on loopback, without TLS; kubeadm's choice. */
export const etcdHealthPort = 2381

export const etcdPeerUrl = (machine: Pick<MachineSpec, 'address'>): string => `https://${machine.address}:2380`
export const etcdClientUrl = (machine: Pick<MachineSpec, 'address'>): string => `https://${machine.address}:2379`

/** The members of a cluster that begins, `a=https://...:2380,b=...`, as they are written into each empty data directory. */
export const initialCluster = (cluster: Cluster): string =>
  etcdMachines(cluster)
    .map((m) => `${m.name}=${etcdPeerUrl(m)}`)
    .join(',')

/**
 * Unique to this cluster on this network: ids of members and of the cluster are hashes of peer URLs and token, so two clusters with
 * one token on the same addresses could be taken for each other.
 */
export const etcdClusterToken = (cluster: Cluster): string => {
  const seed = JSON.stringify([cluster.name, cluster.network.machineSubnet])
  return `quorate-${cluster.name}-${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`
}

/** A few gigabytes, the same on all members; at the limit etcd takes no more writes. */
const quotaBytes = 4 * 1024 ** 3

/**
 * Settings that a member has whether it runs under systemd or as a static pod, in etcd's own words. `existing` is right from the first
 * start, because the data directory is filled beforehand: an empty one then can never come up as an empty cluster.
 */
export const etcdSettings = (cluster: Cluster, timing: Timing): [name: string, value: string | number][] => [
  ['initial-cluster-state', 'existing'],
  ['initial-cluster-token', etcdClusterToken(cluster)],
  ['heartbeat-interval', timing.etcd.heartbeatMs],
  ['election-timeout', timing.etcd.electionMs],
  ['quota-backend-bytes', quotaBytes],
  // Members compare hashes at start and after each compaction; off by default, a flipped bit then goes unseen.
  ['feature-gates', 'InitialCorruptCheck=true,CompactHashCheck=true'],
]

/** etcd.yaml of a member on a machine of its own. Paths of certificates are kubeadm's. */
export const renderEtcdConfig = (cluster: Cluster, machine: MachineSpec, timing: Timing): string => {
  const pki = '/etc/kubernetes/pki/etcd'
  const config = {
    name: machine.name,
    'data-dir': etcdDataDir,
    'listen-client-urls': `${etcdClientUrl(machine)},https://127.0.0.1:2379`,
    'advertise-client-urls': etcdClientUrl(machine),
    'listen-peer-urls': etcdPeerUrl(machine),
    'initial-advertise-peer-urls': etcdPeerUrl(machine),
    'listen-metrics-urls': `http://127.0.0.1:${etcdHealthPort}`,
    // Heeded only where there is no data directory. Itself alone, as kubeadm writes it for static pods: so no member is started anew when another one
    // comes or goes, and one without data finds nobody to join and ends.
    'initial-cluster': `${machine.name}=${etcdPeerUrl(machine)}`,
    ...Object.fromEntries(etcdSettings(cluster, timing)),
    'client-transport-security': {
      'cert-file': `${pki}/server.crt`,
      'key-file': `${pki}/server.key`,
      'trusted-ca-file': `${pki}/ca.crt`,
      'client-cert-auth': true,
    },
    'peer-transport-security': {
      'cert-file': `${pki}/peer.crt`,
      'key-file': `${pki}/peer.key`,
      'trusted-ca-file': `${pki}/ca.crt`,
      'client-cert-auth': true,
    },
    'watch-progress-notify-interval': 5_000_000_000,
    'log-level': 'info',
  }
  return `# Written by quorate; changes here are overwritten.\n${stringify(config)}`
}

/** `first`: units that are started before the member whenever it is. */
export const renderEtcdUnit = (first: readonly string[], options: RenderOptions): string => `[Unit]
Description=etcd, member of the cluster's store
Wants=${first.join(' ')}
After=network.target ${first.join(' ')}
StartLimitIntervalSec=0

[Service]
Type=notify
# Ready only when a majority runs, however long that takes.
TimeoutStartSec=infinity
${environmentLines(goEnvironment(options))}ExecStart=/usr/local/bin/etcd --config-file=${etcdConfigPath}
# A member that was removed ends by itself with status 0 and must not be started again.
Restart=on-failure
RestartSec=100ms
LimitNOFILE=${options.lab ? 20000 : 65536}
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
${options.lab ? '' : 'OOMScoreAdjust=-997\nIOSchedulingClass=best-effort\nIOSchedulingPriority=0\n'}
[Install]
WantedBy=multi-user.target
`
