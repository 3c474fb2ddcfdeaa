import { type Cluster, type MachineSpec, nodes } from '../model/cluster.js'
import { type ApiEntry, entryOnNodes } from './endpoint.js'
import { hostsBlockPath, hostsBlockRange } from './hosts.js'
import { libexec } from './managed-file.js'
import { sysctlPath } from './sysctl.js'

export const networkUnit = 'quorate-network.service'
export const networkUnitPath = `/etc/systemd/system/${networkUnit}`
export const networkScriptPath = `${libexec}/network`

/** Marks our routes in the kernel's table, so that those of machines that left can be told from everybody else's. */
const routeProtocol = 114

const isNode = (machine: MachineSpec): boolean => machine.roles.includes('control-plane') || machine.roles.includes('worker')

const routeLines = (cluster: Cluster, machine: MachineSpec, podCidrOf: (machine: MachineSpec) => string): string[] => {
  const others = nodes(cluster).filter((m) => m.name !== machine.name)
  const wanted = others.map(podCidrOf)
  return [
    '# One route for each other node. What is no longer wanted goes first, what is there already stays untouched.',
    `wanted=' ${wanted.join(' ')} '`,
    `ip -4 route show proto ${routeProtocol} | while read -r subnet _; do`,
    '  case $wanted in *" $subnet "*) ;; *) ip -4 route del "$subnet" ;; esac',
    'done',
    ...others.map((m) => `ip -4 route replace ${podCidrOf(m)} via ${m.address} proto ${routeProtocol} || failed=1`),
    '',
    '# Pods keep their address among themselves; to everybody else they speak with the address of their node.',
    "nft -f - <<'END' || failed=1",
    'table ip quorate',
    'delete table ip quorate',
    'table ip quorate {',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ip saddr ${cluster.network.podSubnet} ip daddr != ${cluster.network.podSubnet} ip daddr != 224.0.0.0/4 masquerade`,
    '  }',
    '}',
    'END',
  ]
}

/**
 * Scope host: the address is never the source of a packet that leaves. That of a hosted control plane is one of the network of the machines; with
 * arp_ignore 3 (sysctl) no node tells the others that it has it.
 */
const entryLines = ({ address }: ApiEntry): string[] => [
  '# The entry to the API that pods use is on every node, for the proxy beside it.',
  `ip -4 address replace ${address}/32 dev lo scope host || failed=1`,
]

/**
 * A script that brings names, kernel settings and routes of one machine to what they should be. Safe to run at any time: it changes
 * nothing that is right already. `podCidrOf` gives each node's pod subnet; routes are made only with the plugin `routed`.
 */
export const renderNetworkScript = (
  cluster: Cluster,
  machine: MachineSpec,
  podCidrOf: (machine: MachineSpec) => string,
  options: { lab: boolean },
): string => {
  const routed = cluster.network.plugin.kind === 'routed' && isNode(machine)
  const entry = entryOnNodes(cluster)
  const lines = [
    '#!/bin/sh',
    '# Written by quorate; run at boot and after each change.',
    'failed=0',
    ...(options.lab ? [] : ['for module in overlay br_netfilter nf_conntrack; do modprobe -q $module || true; done']),
    `sysctl -q -e -p ${sysctlPath} || true`,
    '',
    `{ sed '${hostsBlockRange(cluster)}d' /etc/hosts; cat ${hostsBlockPath}; } > /etc/hosts.quorate`,
    'cmp -s /etc/hosts.quorate /etc/hosts || mv -f /etc/hosts.quorate /etc/hosts 2>/dev/null || cat /etc/hosts.quorate > /etc/hosts || failed=1',
    'rm -f /etc/hosts.quorate',
    ...(entry && isNode(machine) ? ['', ...entryLines(entry)] : []),
    ...(routed ? ['', ...routeLines(cluster, machine, podCidrOf)] : []),
    'exit $failed',
  ]
  return `${lines.join('\n')}\n`
}

export const renderNetworkUnit = (cluster: Cluster): string => `[Unit]
Description=Names, kernel settings and routes of the cluster ${cluster.name}
Wants=network-online.target
After=network-online.target
Before=containerd.service kubelet.service etcd.service haproxy.service nginx.service keepalived.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${networkScriptPath}

[Install]
WantedBy=multi-user.target
`
