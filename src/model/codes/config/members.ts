import type { CodeEntry } from '../../problem.js'

/** Q13: control planes and members of etcd. */
export const memberCodes: Record<string, CodeEntry> = {
  Q1301: {
    title: 'No control plane',
    message: 'no machine has the role control-plane',
    remedy: 'add control-plane to the roles of three machines',
    explain: `The API server, the controller-manager and the scheduler run on control planes. Three of them survive the loss of one.`,
    exit: 2,
  },
  Q1302: {
    title: 'No etcd',
    message: 'no machine has the role etcd, and spec.etcd.external is not set',
    remedy: 'add etcd to the roles of the control planes (stacked), or name your own etcd in spec.etcd.external',
    explain: `Everything Kubernetes knows is in etcd. It runs beside the API servers (stacked), on machines of its own, or you run it.`,
    exit: 2,
  },
  Q1303: {
    title: 'Two places for etcd',
    message: '{machines} would run etcd, but spec.etcd.external names an etcd of yours',
    remedy: 'take the role etcd away from the machines, or remove spec.etcd.external',
    explain: `A cluster has one etcd. Members on machines that the API servers do not use would be one more thing to keep alive, for nothing.`,
    exit: 2,
  },
  Q1304: {
    title: 'An even number of etcd members',
    message: '{count} etcd members survive the loss of {survives}, as {odd} would: the majority of {count} is {quorum}',
    remedy: 'make it {odd} or {more} machines with the role etcd',
    explain: `etcd goes on while floor(n/2)+1 members are reached. An even member adds a vote to the quorum and none to the margin: 4 members
survive the loss of one as 3 do, with one more machine that can fail. 2 members survive no loss at all, so they are down twice as often
as one. To replace a member, one is removed first: the file then still names the full number.`,
    exit: 2,
  },
  Q1305: {
    title: 'Not highly available',
    message: 'the only {what} is {machine}: its loss is the loss of the {loses}',
    remedy: 'add {more} and run quorate apply when it must survive; the cluster can grow in place',
    explain: `One control plane is a fair choice for a trial. Its endpoint is already the address that a larger cluster will use, so it can grow to
three without new certificates: add two machines with the same roles to the file and apply it.`,
    exit: 2,
  },
  Q1306: {
    title: 'More members than etcd gains from',
    message: '{count} etcd members: every write waits for {quorum} disks',
    remedy: 'use 5 (survives the loss of 2) or 7 (survives the loss of 3)',
    explain: `Every member stores everything, and a write is done when a majority has it on disk. etcd's own guidance ends at seven.`,
    exit: 2,
  },
  Q1308: {
    title: 'A control plane without etcd in a stacked cluster',
    message: '{name} has an API server but no etcd, while every member of etcd is on a control plane',
    remedy: 'add etcd to its roles, or put all of etcd on machines of its own',
    explain: `In a stacked cluster each API server uses the member of its own machine and no other, as kubeadm sets it up; one without a
member would have nothing to read from. With at least one member on a machine of its own, every API server knows all members.`,
    exit: 2,
  },
  Q1307: {
    title: 'A role written twice',
    message: '{name} has the role {role} twice',
    remedy: 'write it once',
    explain: `It changes nothing. It is often a slip where another role was meant.`,
    exit: 2,
  },
}
