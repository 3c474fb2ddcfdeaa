import type { Cluster } from '../model/cluster.js'
import type { Finding } from './finding.js'

/** Rules across fields. */
export const validate = (_cluster: Cluster): Finding[] => []
