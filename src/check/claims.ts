import type { Cluster } from '../model/cluster.js'
import { balancerClaims } from './balancer.js'
import { certificateClaims } from './certificates.js'
import type { Claim } from './claim.js'
import { controlPlaneClaims } from './control-plane.js'
import { dnsClaims } from './dns.js'
import { wayClaims } from './entries.js'
import { etcdClaims } from './etcd.js'
import { hostedClaims } from './hosted.js'
import { leaseClaims } from './leases.js'
import { loadBalancerClaims } from './load-balancer.js'
import { machineClaims } from './machines.js'
import { nodeClaims } from './nodes.js'
import { entryClaims } from './virtual-ip.js'
import { workloadClaims } from './workload.js'

/** Everything that must hold before a cluster is said to be up, from the ground to what users see. */
export const claims: readonly Claim[] = [
  ...machineClaims,
  ...etcdClaims,
  ...controlPlaneClaims,
  ...hostedClaims,
  ...balancerClaims,
  ...entryClaims,
  ...wayClaims,
  ...certificateClaims,
  ...leaseClaims,
  ...nodeClaims,
  ...dnsClaims,
  ...workloadClaims,
  ...loadBalancerClaims,
]

export const claimsOf = (cluster: Cluster): Claim[] => claims.filter((one) => one.applies(cluster))
