import type { CodeEntry } from '../../problem.js'

/** Q14: what stands before the API servers; Q15: zones. */
export const balancerCodes: Record<string, CodeEntry> = {
  Q1401: {
    title: 'No machine balances',
    message: 'the balancer {kind} runs on machines with the role balancer, and there is none',
    remedy: 'add balancer to the roles of the control planes, or add two machines with the role balancer',
    explain: `The proxy and keepalived need a place. Two machines of their own keep the load of clients off the control planes; the control
planes themselves save machines, and the smallest cluster without a single point of failure is three machines that do everything.`,
    exit: 2,
  },
  Q1402: {
    title: 'One balancer only',
    message: '{machine} is the only balancer: without it nobody reaches the API',
    remedy: 'give the role balancer to a second machine',
    explain: `A virtual IP survives a machine only if a second machine can take it. Many API servers behind one proxy are still one point of
failure.`,
    exit: 2,
  },
  Q1403: {
    title: 'The role balancer does nothing here',
    message: '{name} has the role balancer, but with the balancer {kind} nothing runs for it',
    remedy: 'take the role away, or choose the balancer haproxy-keepalived',
    explain: `node-local puts a proxy on every node, whatever its roles. external means that a balancer of yours does the work.`,
    exit: 2,
  },
  Q1404: {
    title: 'More balancers than priorities',
    message: '{count} balancers share one virtual IP; {most} can be told apart',
    remedy: 'take the role balancer away from some machines: three are plenty',
    explain: `Each balancer has a VRRP priority of its own, 20 below the one before it, so that two standbys never wake in the same instant. Equal
priorities lead to two holders of one address.`,
    exit: 2,
  },
  Q1501: {
    title: 'All in one zone',
    message: '{count} {what} are in zone {zone}: the loss of the zone is the loss of the {loses}',
    remedy: 'move one of them to another zone: {zones}',
    explain: `Zones are what fails together: a rack, a room, a host of virtual machines. Redundancy within one zone ends with the zone.`,
    exit: 2,
  },
  Q1502: {
    title: 'A majority in one zone',
    message: '{count} of {all} etcd members are in zone {zone}: without the zone {left} are left, and {quorum} are needed',
    remedy: '{how}',
    explain: `etcd needs a majority. When one zone holds it, that zone's loss stops the cluster, and nothing is gained by the members elsewhere.
Two zones can never do: one of them holds the majority of any odd number. Three zones with a member each are enough.`,
    exit: 2,
  },
  Q1503: {
    title: 'Machines without a zone among machines with one',
    message: '{machines} {have} no zone, the other machines have',
    remedy: 'write a zone for every machine, or for none',
    explain: `What survives the loss of a zone cannot be told of machines whose zone is not known. Kubernetes spreads pods over zones only among
nodes that have the label.`,
    exit: 2,
  },
  Q1504: {
    title: 'One zone for everything',
    message: 'all {count} machines are in zone {zone}: nothing survives the loss of it',
    remedy: 'spread them over three zones, or write no zone at all',
    explain: `The file says that all machines fail together. If that is not so, name what really fails together: a rack, a room, a host.`,
    exit: 2,
  },
}
