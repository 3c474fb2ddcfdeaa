import type { Cluster, MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { entryOnNodes, nodeLocalPort } from './endpoint.js'
import { haproxyConfig } from './haproxy.js'

/** haproxy.cfg of a node's own proxy: on loopback only, so it dies with the node that it serves and with nobody else. */
export const renderNodeLocal = (cluster: Cluster, _machine: MachineSpec, timing: Timing): string =>
  // Pods that ask the Service `kubernetes` are led here as well.
  haproxyConfig(cluster, timing, { address: '127.0.0.1', port: nodeLocalPort }, entryOnNodes(cluster))
