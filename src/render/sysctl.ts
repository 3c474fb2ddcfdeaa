import type { Cluster, MachineSpec } from '../model/cluster.js'
import { nginxNeedsNonlocalBind } from './nginx.js'
import type { RenderOptions } from './options.js'

export const sysctlPath = '/etc/sysctl.d/90-quorate.conf'

/** Kernel settings, network only: these belong to a machine's own namespace even where the kernel is shared. */
export const renderSysctl = (cluster: Cluster, machine: MachineSpec, { lab }: RenderOptions): string => {
  const isNode = machine.roles.includes('control-plane') || machine.roles.includes('worker')
  const lines = [
    '# Written by quorate.',
    '# A peer that went silent is given up after about a minute and a half, not after a quarter of an hour.',
    'net.ipv4.tcp_retries2 = 8',
    ...(isNode
      ? [
          '# Pods are reached by routing.',
          'net.ipv4.ip_forward = 1',
          '# Pods of one machine reach each other through Services.',
          'net.bridge.bridge-nf-call-iptables = 1',
        ]
      : []),
    ...(isNode && !lab
      ? ['# Room for connections through Services; kube-proxy leaves it alone.', 'net.netfilter.nf_conntrack_max = 262144']
      : []),
    ...(isNode && cluster.hosted
      ? ['# The endpoint is on every node: nobody answers for it to the others.', 'net.ipv4.conf.all.arp_ignore = 3']
      : []),
    ...(nginxNeedsNonlocalBind(cluster, machine)
      ? ['# nginx listens on the virtual IP before this machine holds it.', 'net.ipv4.ip_nonlocal_bind = 1']
      : []),
  ]
  return `${lines.join('\n')}\n`
}
