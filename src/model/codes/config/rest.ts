import type { CodeEntry } from '../../problem.js'

/** Q16: several clusters on one network; Q17: DNS and load balancing; Q18: etcd of the user's, files; Q19: version and timing. */
export const restCodes: Record<string, CodeEntry> = {
  Q1601: {
    title: 'Two clusters with one endpoint',
    message: 'the endpoint {address} is that of the cluster {other} too',
    remedy: 'give each cluster an address of its own',
    explain: `Both pairs of balancers would answer for the address; each client reaches whichever announced itself last.`,
    exit: 2,
  },
  Q1602: {
    title: 'Two clusters with one VRRP router id',
    message: 'the VRRP router id {id} is that of the cluster {other} too',
    remedy: 'set spec.virtualRouterId to another number of 1 to 255, or leave it out',
    explain: `The router id tells groups of balancers on one network apart. With one id, the balancers of one cluster see the other's adverts as
their own and give up the address, or fight for it.`,
    exit: 2,
  },
  Q1603: {
    title: 'Two clusters share pod addresses',
    message: 'the pod subnet {subnet} overlaps {otherSubnet} of the cluster {other}',
    remedy: 'give each cluster a pod subnet of its own, such as 10.245.0.0/16',
    explain: `Pods are routed over the network of the machines. Where two clusters share it, an address belongs to a pod of one of them only.`,
    exit: 2,
  },
  Q1604: {
    title: 'A machine in two clusters',
    message: '{name} has the address {address}, which is that of {otherName} in the cluster {other}',
    remedy: 'take another machine, or another address',
    explain: `A machine belongs to one cluster: it runs one kubelet, one etcd member, one proxy.`,
    exit: 2,
  },
  Q1605: {
    title: 'Two clusters with one name',
    message: 'the cluster name {name} is used by two files',
    remedy: 'rename one of the two',
    explain: `State, certificates and the network of a lab are kept under the cluster's name. Two clusters of one name would take each other's.`,
    exit: 2,
  },
  Q1606: {
    title: 'Two clusters in one place of etcd',
    message: 'the cluster {other} keeps its objects in the same etcd under the same prefix {prefix}',
    remedy: 'set spec.etcd.external.prefix to one of its own, such as /{name}',
    explain: `Several clusters can share an etcd when each has a prefix of its own. With one prefix they overwrite each other's objects.`,
    exit: 2,
  },
  Q1607: {
    title: "An address of one cluster in another's pool",
    message: 'the pool {pool} holds {what} {address} of the cluster {other}',
    remedy: 'take a range that no cluster of this network uses',
    explain: `MetalLB answers ARP for every address that it gives to a Service. On one network that takes it from whoever has it already.`,
    exit: 2,
  },
  Q1701: {
    title: 'Not a range of addresses',
    message: '{field} is "{found}", which is no range of IPv4 addresses',
    remedy: 'write FIRST-LAST, such as 10.99.0.200-10.99.0.220, or a subnet, such as 10.99.0.192/27',
    explain: `MetalLB gives these addresses to Services of type LoadBalancer.`,
    exit: 2,
  },
  Q1702: {
    title: 'The pool holds addresses in use',
    message: 'the pool {pool} overlaps {what}',
    remedy: 'take a range that nobody uses',
    explain: `MetalLB answers ARP for every address that it gives to a Service. One that a machine or the virtual IP has would be taken from
it, and the API or the machine would be gone for all clients.`,
    exit: 2,
  },
  Q1703: {
    title: 'The pool is outside the subnet of the machines',
    message: 'the pool {pool} is not inside {subnet}: clients there do not ask for it by ARP',
    remedy: 'take a range of {subnet}, or route the pool to the machines yourself',
    explain: `In layer 2 mode a node answers ARP for the address. Only hosts of the same segment that see the address as their neighbour ask.`,
    exit: 2,
  },
  Q1704: {
    title: 'More DNS pods than nodes',
    message: '{replicas} DNS pods for {nodes} nodes: some share a node and end with it',
    remedy: 'write at most {nodes}, or add nodes',
    explain: `Two DNS pods on one node are lost together, so more pods than nodes add load capacity, but no safety.`,
    exit: 2,
  },
  Q1801: {
    title: 'Not an address of etcd',
    message: '{field} is "{found}": {why}',
    remedy: 'write https://ADDRESS:2379',
    explain: `API servers speak to etcd with mutual TLS only: whoever reads etcd reads every Secret.`,
    exit: 2,
  },
  Q1802: {
    title: 'A file that the cluster file names cannot be read',
    message: '{field} names {path}: {reason}',
    remedy: 'put the file there, or correct the path; paths are relative to the cluster file',
    explain: `Certificates, keys and manifests are read on this computer, from paths that start at the folder of the cluster file.`,
    exit: 2,
  },
  Q1803: {
    title: 'An etcd endpoint written twice',
    message: '{found} is written twice',
    remedy: 'write every member once',
    explain: `The list is what an API server can go to. A member that is there twice hides that another one is missing.`,
    exit: 2,
  },
  Q1804: {
    title: 'One endpoint of etcd only',
    message: 'the API servers know one member of etcd, {found}: they end with it',
    remedy: 'name the client addresses of all members',
    explain: `An API server goes to another member when one is away, but only to those that it was told of.`,
    exit: 2,
  },
  Q1805: {
    title: 'Not a key prefix',
    message: 'spec.etcd.external.prefix is "{found}": {why}',
    remedy: 'write a path such as /{name}',
    explain: `All objects of the cluster are stored below the prefix; Kubernetes itself uses /registry.`,
    exit: 2,
  },
  Q1901: {
    title: 'A version that the bundle does not have',
    message: 'Kubernetes {found} is not in the bundle of this quorate; it has {versions}',
    remedy: 'write {hint}',
    explain: `A bundle holds one version of every component, tried together. Another version comes with another release of quorate.`,
    exit: 2,
  },
  Q1902: {
    title: "The guides' timing",
    message: 'timing guide is what the guides copy, for comparison only: a killed API server is noticed after {seconds} s',
    remedy: 'write fast (one room), standard (one city) or wide-area',
    explain: `The profile has TCP checks every 10 seconds, no redispatch, VRRP that takes the address back, and a check that only asks whether
the process exists. It is here so that a drill can show what that costs.`,
    exit: 2,
  },
}
