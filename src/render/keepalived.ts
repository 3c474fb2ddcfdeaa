import { announceAgainMs } from '../config/outage/virtual-ip.js'
import { balancers, type Cluster, type MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { wholeSeconds } from './duration.js'
import { libexec } from './managed-file.js'
import { prefixLength } from './subnet.js'

export const keepalivedConfigPath = '/etc/keepalived/keepalived.conf'
export const vrrpInstance = 'api'

/** Highest first, 20 apart: 255 is the address owner's, and the gap keeps two standbys from waking in the same instant. */
export const priorityOf = (cluster: Cluster, machine: MachineSpec): number => {
  const index = balancers(cluster).findIndex((m) => m.name === machine.name)
  return Math.max(1, 250 - 20 * index)
}

/** Silence after which a standby takes over: three adverts and a skew (RFC 9568, 6.1). Milliseconds. */
export const masterDownMs = (timing: Timing, priority: number): number =>
  3 * timing.vrrpAdvertMs + ((256 - priority) / 256) * (timing.vrrpVersion === 3 ? timing.vrrpAdvertMs : 1000)

/** Seconds with as many decimals as needed: 0.1, 1. */
const seconds = (ms: number): string => String(ms / 1000)

const peersOf = (cluster: Cluster, machine: MachineSpec): MachineSpec[] => balancers(cluster).filter((m) => m.name !== machine.name)

const virtualAddress = (cluster: Cluster): string => `${cluster.endpoint.address}/${prefixLength(cluster.network.machineSubnet)}`

/**
 * keepalived counts in whole seconds. A check that is to be quicker looks several times within each run and fails the run itself,
 * so that keepalived's own counters stay at one.
 */
const checkBlock = (cluster: Cluster, timing: Timing): string[] => {
  const check = timing.vrrpCheck
  if (check.kind === 'process') {
    const program = cluster.balancer === 'nginx-keepalived' ? 'nginx' : 'haproxy'
    return [
      'vrrp_script proxy {',
      `  script "/usr/bin/pgrep -x ${program}"`,
      `  interval ${wholeSeconds(check.intervalMs)}`,
      `  fall ${check.fall}`,
      `  rise ${check.rise}`,
      '}',
    ]
  }
  const quick = check.intervalMs < 1000
  return [
    '# Asks the proxy of this machine, and nothing behind it: a slow API must not move the address.',
    'vrrp_script proxy {',
    `  script "${libexec}/proxy-alive"`,
    `  interval ${wholeSeconds(check.intervalMs)}`,
    // A run that waits for the proxy's restart takes longer than the distance of two; the next one is skipped then.
    `  timeout ${wholeSeconds(Math.max(1000, check.intervalMs) + check.restartMs)}`,
    '  # Weight 0 means FAULT: with nopreempt a mere loss of priority would move nothing.',
    '  weight 0',
    `  fall ${quick ? 1 : check.fall}`,
    `  rise ${quick ? 1 : check.rise}`,
    '}',
  ]
}

const instanceBlock = (cluster: Cluster, machine: MachineSpec, timing: Timing, iface: string): string[] => {
  const peers = peersOf(cluster, machine)
  const guide = timing.name === 'guide'
  const first = balancers(cluster)[0]?.name === machine.name
  return [
    `vrrp_instance ${vrrpInstance} {`,
    ...(guide
      ? [`  state ${first ? 'MASTER' : 'BACKUP'}`]
      : ['  # Who holds the address keeps it: a machine that comes back causes no second move.', '  state BACKUP', '  nopreempt']),
    `  interface ${iface}`,
    `  virtual_router_id ${cluster.virtualRouterId}`,
    `  priority ${priorityOf(cluster, machine)}`,
    `  version ${timing.vrrpVersion}`,
    `  advert_int ${timing.vrrpVersion === 2 ? wholeSeconds(timing.vrrpAdvertMs) : seconds(timing.vrrpAdvertMs)}`,
    ...(peers.length > 0
      ? [`  unicast_src_ip ${machine.address}`, '  unicast_peer {', ...peers.map((m) => `    ${m.address}`), '  }']
      : []),
    '  virtual_ipaddress {',
    `    ${virtualAddress(cluster)} dev ${iface}`,
    '  }',
    '  track_script {',
    '    proxy',
    '  }',
    ...(guide ? [] : ['  garp_master_delay 1', `  notify "${libexec}/vrrp-state"`]),
    '}',
  ]
}

/** keepalived.conf of one balancer. `iface` is the interface whose subnet holds the virtual IP. */
export const renderKeepalived = (cluster: Cluster, machine: MachineSpec, timing: Timing, iface: string): string => {
  const guide = timing.name === 'guide'
  const globals = [
    'global_defs {',
    `  router_id ${machine.name}`,
    '  enable_script_security',
    '  script_user root',
    ...(guide
      ? []
      : [
          '  # Adverts from strangers are not heeded.',
          '  vrrp_check_unicast_src',
          '  # Every second, since a neighbour that missed the one announcement, or heard one of a stranger with the same address, keeps to the wrong machine.',
          `  vrrp_garp_master_refresh ${wholeSeconds(announceAgainMs)}`,
          '  vrrp_garp_lower_prio_repeat 1',
          '  vrrp_higher_prio_send_advert true',
          '  # A late advert looks like death. Real-time priority is taken only when delays are seen, and is not needed to start.',
          '  vrrp_priority -20',
          '  max_auto_priority 50',
          '  vrrp_no_swap',
        ]),
    '}',
  ]
  const blocks = [globals, checkBlock(cluster, timing), instanceBlock(cluster, machine, timing, iface)]
  return `# Written by quorate; changes here are overwritten.\n${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
