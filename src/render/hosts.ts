import type { Cluster } from '../model/cluster.js'

export const hostsBlockPath = '/etc/quorate/hosts'

const begin = (cluster: Cluster): string => `# quorate begin ${cluster.name}`
const end = (cluster: Cluster): string => `# quorate end ${cluster.name}`

/**
 * Names of all machines, for /etc/hosts. Nothing in a cluster may wait for a name server: without these lines kubeadm waits 10 s a
 * run and keepalived 6 s at each start.
 */
export const renderHostsBlock = (cluster: Cluster): string =>
  `${[begin(cluster), ...cluster.machines.map((m) => `${m.address} ${m.name}`), end(cluster)].join('\n')}\n`

/** The sed address range that holds our block, whatever it says. */
export const hostsBlockRange = (cluster: Cluster): string => `/^${begin(cluster)}$/,/^${end(cluster)}$/`
