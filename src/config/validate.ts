import type { Cluster } from '../model/cluster.js'
import type { Finding } from './finding.js'
import { machineAddresses, uniqueAddresses } from './rules/addresses.js'
import { balancerHasUse, someBalancer } from './rules/balancers.js'
import {
  endpointAddress,
  endpointIsNoMachine,
  endpointOutsidePods,
  endpointPortFree,
  nodeLocalAddressFree,
  nodeLocalEndpoint,
  virtualIpInSubnet,
} from './rules/endpoint.js'
import { etcdEndpoints, etcdPrefix } from './rules/external-etcd.js'
import { etcdFiles, networkManifest, sshFiles } from './rules/files.js'
import { endpointIsFree, hostedMembers, hostedNetwork, hostedService, hostIsAvailable, nodePorts } from './rules/hosted.js'
import { labGateway } from './rules/lab.js'
import { oddMembers, oneEtcd, redundancy, rolesOnce, someControlPlane, someEtcd, stackedComplete } from './rules/members.js'
import { clusterName, machineNames, uniqueNames, zoneNames } from './rules/names.js'
import { addressPools, dnsReplicas } from './rules/pools.js'
import type { Rule } from './rules/rule.js'
import { disjointSubnets, dnsDomain, podBlocks, serviceSubnetSize, subnetTexts } from './rules/subnets.js'
import { knownVersion, seriousTiming } from './rules/version.js'
import { kindsSpread, membersSpread, severalZones, zonesComplete } from './rules/zones.js'
import type { Wire } from './v1alpha1.js'

const rules: readonly Rule[] = [
  ...[clusterName, machineNames, zoneNames, uniqueNames],
  ...[machineAddresses, uniqueAddresses],
  ...[subnetTexts, disjointSubnets, podBlocks, serviceSubnetSize, dnsDomain],
  ...[
    endpointAddress,
    endpointIsNoMachine,
    virtualIpInSubnet,
    endpointOutsidePods,
    nodeLocalEndpoint,
    nodeLocalAddressFree,
    endpointPortFree,
  ],
  ...[someControlPlane, someEtcd, oneEtcd, oddMembers, stackedComplete, redundancy, rolesOnce],
  ...[someBalancer, balancerHasUse],
  ...[zonesComplete, severalZones, kindsSpread, membersSpread],
  ...[addressPools, dnsReplicas, labGateway],
  ...[nodePorts, hostedMembers, hostedService, endpointIsFree, hostedNetwork, hostIsAvailable],
  ...[etcdEndpoints, etcdPrefix, etcdFiles, networkManifest, sshFiles],
  ...[knownVersion, seriousTiming],
]

/** Rules across fields, on a file whose every field is of the right kind. `wire` is the file as written, `cluster` what it means. */
export const validate = (cluster: Cluster, wire: Wire): Finding[] => rules.flatMap((rule) => rule({ cluster, wire }))
