import { fillDisk, hangDisk } from '../scripts/own-disk.js'
import { exceedQuota } from '../scripts/quota.js'
import { flipBit, wipeStore } from '../scripts/store.js'
import type { FaultSpec } from './fault.js'
import { component, nothing, withEtcdMajority } from './what-is-lost.js'

const common = {
  category: 'storage',
  settleMs: 2000,
  holdMs: 10_000,
  expects: { redundancyMs: 180_000 },
  applies: withEtcdMajority,
} as const

/** The disks of etcd members. Full and hanging disks are loop devices of the member's own, so that nobody else is hit. */
export const storageFaults: readonly FaultSpec[] = [
  {
    ...common,
    id: 'etcd-disk-full',
    title: 'Disk of the etcd leader full',
    description: 'Its file system has no byte left. A member that cannot write must not hold the others up.',
    victim: 'etcd leader',
    mechanism: { kind: 'scripts', on: ({ cluster, machine, id }) => fillDisk(cluster, machine, id) },
    shownBy: 'a write of 4 KiB to its file system is refused',
    undoneBy: 'it serves and votes, from its own disk again',
    lost: nothing,
    predicted: 'etcd-leader-stuck',
  },
  {
    ...common,
    id: 'etcd-disk-hang',
    title: 'Disk of the etcd leader hangs',
    description: 'Every write waits for ever while the network goes on: it looks alive from afar.',
    victim: 'etcd leader',
    mechanism: { kind: 'scripts', on: ({ cluster, machine, id }) => hangDisk(cluster, machine, id) },
    shownBy: 'a write to its file system does not return',
    undoneBy: 'it serves and votes, from its own disk again',
    lost: nothing,
    predicted: 'etcd-leader-stuck',
  },
  {
    ...common,
    id: 'etcd-quota',
    title: 'etcd at its space quota',
    description: 'One store reaches its quota and etcd refuses writes everywhere until somebody frees space. Reads must go on.',
    victim: 'etcd follower',
    mechanism: { kind: 'scripts', on: ({ cluster, machine, id }) => exceedQuota(cluster, machine, id) },
    shownBy: 'the alarm NOSPACE is up and a write is refused for it',
    undoneBy: 'the alarm is down, the member serves and votes',
    lost: nothing,
    predicted: 'nothing',
    expects: { ...common.expects, claimSeen: 'etcd/no-alarm' },
    holdMs: 4000,
  },
  {
    ...common,
    id: 'etcd-wiped',
    title: 'Data of an etcd member wiped',
    description: 'It must refuse to come back as if nothing had happened: it is removed, and joins again as a learner.',
    victim: 'etcd follower',
    mechanism: { kind: 'scripts', on: ({ cluster, machine, id }) => wipeStore(cluster, machine, id) },
    shownBy: 'its data directory was emptied and it does not serve',
    undoneBy: 'it serves and votes again',
    lost: component('etcd member'),
    predicted: 'etcd-follower-lost',
  },
  {
    ...common,
    id: 'etcd-bit-flip',
    title: 'One bit flipped in the store of an etcd member',
    description: 'Pages carry no sums. Comparing members must find it before the member serves.',
    victim: 'etcd follower',
    mechanism: { kind: 'scripts', on: ({ cluster, machine, id }) => flipBit(cluster, machine, id) },
    shownBy: 'the byte reads differently in its database, and it refuses to serve',
    undoneBy: 'it serves and votes again, with data of the others',
    lost: component('etcd member'),
    predicted: 'etcd-follower-lost',
  },
]
