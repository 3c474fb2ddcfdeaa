import type { CodeEntry } from '../../problem.js'

/** Q11: names, addresses and subnets. */
export const addressCodes: Record<string, CodeEntry> = {
  Q1101: {
    title: 'Not a valid name',
    message: '{field} is "{found}": {why}',
    remedy: 'write {suggestion}',
    explain: `Names become host names, Kubernetes nodes, etcd members and DNS labels, so they follow RFC 1123: at most 63 lower case letters,
digits and hyphens, a letter or digit at both ends. Upper case would do as a host name, but kubelet registers the node in lower case,
and its certificate then belongs to another name.`,
    exit: 2,
  },
  Q1102: {
    title: 'Two machines with one name',
    message: 'the name {name} is taken by {other}',
    remedy: 'give this machine a name of its own',
    explain: `The name is the identity of the Kubernetes node and of the etcd member. Two kubelets with one name overwrite each other's
node; two members with one name do not form a cluster.`,
    exit: 2,
  },
  Q1103: {
    title: 'Two machines with one address',
    message: '{name} has the address {address}, which is the address of {other}',
    remedy: 'give {name} an address of its own',
    explain: `Every machine is reached at its own address, by SSH, by etcd and by the proxies. With one address for two, one of them answers
for both, by chance.`,
    exit: 2,
  },
  Q1104: {
    title: 'Not an IPv4 address',
    message: '{field} is "{found}", which is no IPv4 address{why}',
    remedy: 'write four numbers of 0 to 255 without leading zeros, such as 10.99.0.21',
    explain: `Machines are named by address, not by host name, so that no name server stands between the members of etcd or between a proxy
and an API server. A leading zero is refused because some programs read 010 as eight.`,
    exit: 2,
  },
  Q1105: {
    title: 'A machine outside the subnet of the machines',
    message: '{name} has the address {address}, outside {subnet}{derived}',
    remedy: 'correct the address, or set spec.network.machineSubnet to the subnet that holds all machines',
    explain: `The virtual IP moves by ARP, and pods are routed from machine to machine, so all machines share one subnet. When the file does
not name it, it is the /24 in which most of them are.`,
    exit: 2,
  },
  Q1106: {
    title: 'An address that no machine can have',
    message: '{field} is {address}, {why}',
    remedy: 'take another address of {subnet}',
    explain: `The first address of a subnet names the subnet, the last one is its broadcast address. 0.x, 127.x, and everything from 224.0.0.0
on are never addresses of one machine on a network.`,
    exit: 2,
  },
  Q1107: {
    title: 'Not a subnet',
    message: '{field} is "{found}", which is no IPv4 subnet',
    remedy: 'write an address, a slash and a length of 0 to 32, such as 10.244.0.0/16',
    explain: `Subnets are written as CIDR: the first address and the number of bits that all addresses of the subnet share. IPv6 is not supported yet.`,
    exit: 2,
  },
  Q1108: {
    title: 'A subnet with more than its prefix',
    message: '{field} is {found}, but the /{length} there starts at {meant}',
    remedy: 'write {meant}/{length}',
    explain: `Bits behind the prefix length are set. Some programs cut them off, others refuse the subnet, and kube-proxy and the network plugin
could then disagree about which addresses are meant.`,
    exit: 2,
  },
  Q1109: {
    title: 'Two subnets overlap',
    message: '{field} {subnet} and {otherField} {otherSubnet} have addresses in common',
    remedy: 'move one of them; for private networks 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 are free to use',
    explain: `Machines, pods and Services need addresses of their own: a node routes by address, so one that is both a machine's and a pod's
is reached as one of the two only, which one depending on the node.`,
    exit: 2,
  },
  Q1110: {
    title: 'The pod subnet is too small',
    message: 'the pod subnet {subnet} has no /24 for {name}: its place in {machineSubnet} asks for {block}',
    remedy: 'make spec.network.podSubnet at least a /{length}, or name a smaller spec.network.machineSubnet',
    explain: `Every node gets a /24 of the pod subnet, and its place follows from the place of the machine's address in the machine subnet
(10.99.0.21 of 10.99.0.0/24 gets 10.244.21.0/24 of 10.244.0.0/16). So nothing has to be remembered, and no node's pods move when another
node comes or goes. A machine subnet of /24 needs a pod subnet of /16.`,
    exit: 2,
  },
  Q1111: {
    title: 'The Service subnet has the wrong size',
    message: 'the Service subnet {subnet} is too {what}: Kubernetes takes /12 to /28 here',
    remedy: 'write a subnet of such a length, as 10.96.0.0/16',
    explain: `The API server refuses more than 2^20 addresses of Services. Fewer than 16 leave no room for the address of cluster DNS, which
is the tenth.`,
    exit: 2,
  },
  Q1113: {
    title: 'An address that the lab needs',
    message: '{what} {address}, which machines made on this computer need as their gateway',
    remedy: 'take another address of {subnet}, or reach machines of your own: spec.ssh',
    explain: `Machines made on this computer live in a network without a way out. Its gateway, which refuses everything at once instead of
leaving programs to wait, has the last usable address of the machine subnet. It matters only without spec.ssh.`,
    exit: 2,
  },
  Q1112: {
    title: 'Not a DNS domain',
    message: 'spec.network.dnsDomain is "{found}": {why}',
    remedy: 'write labels of lower case letters, digits and hyphens, with dots between, such as cluster.local',
    explain: `The names of Services end in this domain, so it follows RFC 1123: no dot at the end, no upper case, no underscore.`,
    exit: 2,
  },
}
