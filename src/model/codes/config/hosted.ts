import type { CodeEntry } from '../../problem.js'

/** Q165, Q166: a control plane that runs in another cluster, and the ports of nodes that it may be reached by. */
export const hostedCodes: Record<string, CodeEntry> = {
  Q1651: {
    title: 'The host cluster cannot be read',
    message: "the host cluster's file {file} cannot be used: {reason}",
    remedy: 'quorate config validate {file}',
    explain: `The control plane runs as pods of the cluster that spec.controlPlane.hosted.cluster names: a file of its own, relative to this one.
Its machines, subnets and ports decide how this cluster is reached, so it must be right before anything is done.`,
    exit: 2,
  },
  Q1652: {
    title: 'The host cluster is hosted itself',
    message: 'the cluster of {file} has a hosted control plane itself',
    remedy: 'name a cluster whose control plane runs on its own machines',
    explain: `A control plane on a control plane on a control plane: each failure of the lowest one is a failure of all, and none of them could be
started again without the one below.`,
    exit: 2,
  },
  Q1653: {
    title: 'Role without a use',
    message: '{name} has the role {role}, and the control plane of this cluster is hosted',
    remedy: 'remove the role {role} from {name}, or remove spec.controlPlane',
    explain: `With a hosted control plane the machines of this file are etcd members and workers. Every node reaches the API through a proxy of
its own, so there is no balancer either.`,
    exit: 2,
  },
  Q1654: {
    title: 'Wrong balancer for a hosted control plane',
    message: 'the balancer is {found}; with a hosted control plane it is node-local',
    remedy: 'set spec.balancer to node-local, or leave it out',
    explain: `The API servers are reached at several nodes of the host cluster. The proxy on each node of this cluster asks every one of them for
/readyz and goes to those that answer, so no address has to move.`,
    exit: 2,
  },
  Q1655: {
    title: 'Port outside the range of node ports',
    message: 'port {port} is outside the node ports of {host}, {range}',
    remedy: 'take a port of {range}, or set spec.network.nodePortRange in the file of {host} and apply it first',
    explain: `A Service of type NodePort may only take ports of the range that the API servers of its cluster were started with,
--service-node-port-range, 30000-32767 unless the file of that cluster says otherwise.

To use a port such as 8188, widen the range in the host cluster's file and apply that first:

  spec:
    network:
      nodePortRange: 8000-32767

Every port of the range may be given to some Service. Ports that programs on the nodes use must not be in it: kubelet listens at 10250,
kube-proxy at 10256, so 8188-10249 or 10257-32767 are better than everything between.`,
    exit: 2,
  },
  Q1656: {
    title: 'Address outside the pool of the host cluster',
    message: 'a LoadBalancer needs an address of the pool of {host}: {why}',
    remedy: 'set spec.controlPlane.hosted.service.address to a free address of that pool',
    explain: `The address at which the API servers are reached must be known before they start: it stands in their certificate and in the proxy of
every node. So it is named here, and MetalLB of the host cluster is asked for exactly this one.`,
    exit: 2,
  },
  Q1657: {
    title: 'Not a range of ports',
    message: 'spec.network.nodePortRange is "{found}", which is no range of ports',
    remedy: 'write FIRST-LAST, such as 30000-32767',
    explain: `Services of type NodePort get their ports from this range, the same port on every node. Both ends belong to it; ports run from 1 to
65535.`,
    exit: 2,
  },
  Q1658: {
    title: 'Node ports that the nodes use themselves',
    message: 'the range {range} holds ports that programs on the nodes use: {ports}',
    remedy: 'choose a range without them, such as 10257-32767',
    explain: `Kubernetes picks a port of the range for every Service of type NodePort or LoadBalancer that names none. Where it picks one at which a
program of the node listens, connections to that program go to the Service from then on: nodes turn NotReady, logs and exec fail.
Kubernetes does not know these ports and does not leave them out.`,
    exit: 2,
  },
  Q1659: {
    title: 'One name in guest and host',
    message: '{name} is the name of a machine of the host cluster {host} too',
    remedy: 'rename the machine',
    explain: `Both clusters stand on one network and in each other's lists of names; which of the two a name means must never be a question.`,
    exit: 2,
  },
  Q1660: {
    title: 'The endpoint of a hosted control plane is taken',
    message: 'the endpoint {address} belongs to {whose}',
    remedy: 'take an address of {subnet} that nothing on this network has',
    explain: `With a hosted control plane the endpoint lies on the loopback of every node of this cluster, where the node's own proxy listens at it:
pods that ask the Service kubernetes are led there. An address that a machine has would be cut off from all these nodes.`,
    exit: 2,
  },
  Q1661: {
    title: 'Guest and host share Service addresses',
    message: 'the Service subnet {subnet} overlaps {otherSubnet} of the host cluster {host}',
    remedy: 'set spec.network.serviceSubnet to another one, such as 10.97.0.0/16',
    explain: `The API servers of this cluster run in pods of the host cluster. What they send to an address of that subnet is taken by the Services
of the host cluster, whoever was meant.`,
    exit: 2,
  },
  Q1662: {
    title: 'The host cluster is not highly available',
    message: 'the control plane inherits from {host}: {what}',
    remedy: 'give {host} three control planes, and more nodes than replicas',
    explain: `A hosted control plane is as available as what it runs on. API servers that run go on without the host's control plane, but where that
is away no pod is started again, none is moved, and a Service is not told that one of its pods is gone. With one zone, or as many nodes
as replicas, a lost machine is one replica less until it is back.`,
    exit: 2,
  },
  Q1663: {
    title: 'Guest and host are not on one network',
    message: 'this cluster cannot be hosted by {host}: {why}',
    remedy: 'give the machines of both files addresses of one subnet, and reach both in the same way',
    explain: `Machines made on this computer live in a network of their own per lab; a guest's machines join that of their host. So both are made here,
in one subnet, or both are reached over SSH.`,
    exit: 2,
  },
  Q1664: {
    title: 'Field of another kind of Service',
    message: 'spec.controlPlane.hosted.service has {field}, and its type is {kind}',
    remedy: 'write {wanted} instead, or change the type',
    explain: `A NodePort has a port, the same on every node of the host cluster. A LoadBalancer has an address of the host cluster's pool; its port is
that of the endpoint.`,
    exit: 2,
  },
  Q1665: {
    title: 'Two guests at one door',
    message: 'the API servers of {other} are reached at {door} of {host} already',
    remedy: 'take another port, or another address, under spec.controlPlane.hosted.service',
    explain: `A node port, and an address of the pool, belong to one Service of a cluster. Each guest of a host needs one of its own.`,
    exit: 2,
  },
}
