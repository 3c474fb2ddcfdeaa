import { topologyOf } from '../../model/cluster.js'
import { freezeProcess, programs } from '../scripts/processes.js'
import type { FaultSpec } from './fault.js'
import { always, nothing, withEtcdMajority } from './what-is-lost.js'

/** Tests of the detector itself: a drill that misses a real outage, or sees one where there is none, proves nothing. */
export const controls: readonly FaultSpec[] = [
  {
    id: 'no-fault',
    title: 'No fault at all',
    category: 'control',
    control: 'must-hold',
    description: 'Everything is measured and nothing is broken. Whatever fails here is noise of the drill or of the cluster.',
    victim: 'nothing',
    mechanism: { kind: 'nothing' },
    shownBy: 'nothing was touched',
    undoneBy: 'there is nothing to undo',
    lost: nothing,
    predicted: 'nothing',
    expects: {},
    holdMs: 8000,
    settleMs: 1000,
    applies: always,
  },
  {
    id: 'quorum-lost',
    title: 'Quorum lost',
    category: 'control',
    control: 'must-fail',
    description: 'Two of three etcd members stand still. Nothing can be written until one of them is back: the drill must see that.',
    victim: 'as many etcd members as quorum cannot spare',
    mechanism: {
      kind: 'scripts',
      on: ({ cluster, id }) => freezeProcess(topologyOf(cluster) === 'stacked' ? programs.etcd : programs['etcd (unit)'], id),
    },
    shownBy: 'every etcd process on the majority of the members is in state T',
    undoneBy: 'none of them is in state T',
    lost: nothing,
    predicted: 'unbounded',
    // What surely fails: with node-local proxies a new connection asks for no data.
    expects: { headline: 'writes' },
    holdMs: 8000,
    settleMs: 3000,
    applies: withEtcdMajority,
  },
]
