import {
  balancers,
  type Cluster,
  controlPlanes,
  etcdMachines,
  hasVirtualIp,
  type MachineSpec,
  nodes,
  topologyOf,
  workers,
} from '../model/cluster.js'
import type { Lane, Risk } from '../model/plan.js'
import { needsGuestRoutes } from '../render/guest-routes.js'

/** Where a phase runs: once for the cluster, or once on each of the machines it selects. */
export type On = 'cluster' | ((cluster: Cluster) => MachineSpec[])

/** What must be finished before: a phase on the same machine (`same`), or on every machine that has it (`all`). */
export interface Need {
  phase: string
  of: 'same' | 'all'
}

/**
 * One phase of a cluster's life, as data. Plan, dry run, progress, documentation and the runner read this tree; the work behind
 * an id lives in steps/, the facts that say it is done too.
 */
export interface Phase {
  id: string
  title: string
  on: On
  needs: Need[]
  lane: Lane
  risk: Risk
  /** It changes nothing: it waits until what others do is there. */
  awaits: boolean
  /** False where this cluster has no use for it. */
  applies?: (cluster: Cluster) => boolean
}

export interface Stage {
  id: string
  title: string
  phases: Phase[]
}

const every = (cluster: Cluster): MachineSpec[] => cluster.machines
const same = (phase: string): Need => ({ phase, of: 'same' })
const all = (phase: string): Need => ({ phase, of: 'all' })
const phase = (id: string, title: string, on: On, needs: Need[] = [], rest: Partial<Phase> = {}): Phase => ({
  id,
  title,
  on,
  needs,
  lane: 'any',
  risk: 'none',
  awaits: false,
  ...rest,
})

const ownEtcd = (cluster: Cluster): boolean => topologyOf(cluster) !== 'user-etcd'
const standaloneEtcd = (cluster: Cluster): MachineSpec[] => etcdMachines(cluster).filter((m) => !m.roles.includes('control-plane'))
/** Where a proxy runs: on the balancers, or beside every kubelet. */
const entryMachines = (cluster: Cluster): MachineSpec[] => {
  if (hasVirtualIp(cluster)) return balancers(cluster)
  return cluster.balancer === 'node-local' ? nodes(cluster) : []
}

const nodesTitle = 'nodes carry pod subnet, zone and taints'
const isHosted = (cluster: Cluster): boolean => cluster.hosted !== undefined

/** In front of everything else when the machines are made on this computer. */
export const labStage: Stage = {
  id: 'lab',
  title: 'Machines on this computer',
  phases: [phase('lab/boot', 'is made and boots', every)],
}

/**
 * The contents page of building a cluster, in the order a runbook would tell it. Only `needs` decides what waits for what:
 * every control plane starts at once, and the wall time does not grow with their number.
 */
export const bootstrap: readonly Stage[] = [
  {
    id: 'your-etcd',
    title: 'Your etcd',
    phases: [
      phase('etcd/usable', 'your etcd answers, is new enough and has a quorum and no alarm', 'cluster', [all('lab/boot')], {
        awaits: true,
        applies: (c) => !ownEtcd(c),
      }),
    ],
  },
  {
    id: 'host',
    title: 'Host cluster',
    phases: [phase('hosted/host', 'the host cluster answers', 'cluster', [], { awaits: true, applies: isHosted })],
  },
  {
    id: 'machines',
    title: 'Machines',
    phases: [
      phase('machines/reach', 'answers over SSH', every, [same('lab/boot')], { awaits: true }),
      phase('machines/install', 'programs and images are installed', every, [
        same('machines/reach'),
        all('etcd/usable'),
        all('hosted/host'),
      ]),
      phase('machines/configure', 'configuration and certificates are in place', every, [same('machines/install')]),
    ],
  },
  {
    id: 'balancer',
    title: 'Entry to the API',
    phases: [
      phase('balancer/start', 'entry to the API is running', entryMachines, [same('machines/configure')], { risk: 'failover' }),
      phase('balancer/external', 'your balancer leads to an API server', 'cluster', [all('control-plane/answer')], {
        awaits: true,
        applies: (c) => c.balancer === 'external',
      }),
      phase('balancer/retire', 'nothing is left of another balancer', every, [
        all('worker/start'),
        // Pods are led to the new entry before the old one goes.
        all('cluster/objects'),
      ]),
    ],
  },
  {
    id: 'etcd',
    title: 'etcd',
    phases: [
      phase('etcd/initialise', 'data directory holds the member list', etcdMachines, [same('machines/configure')], { applies: ownEtcd }),
      phase('etcd/start', 'member runs as a system service', standaloneEtcd, [same('etcd/initialise')], { applies: ownEtcd }),
    ],
  },
  {
    id: 'hosted',
    title: 'Hosted control plane',
    phases: [
      phase('hosted/routes', 'nodes of the host know the ways to pods', 'cluster', [all('hosted/host')], {
        applies: (c) => c.hosted !== undefined && needsGuestRoutes(c, c.hosted),
      }),
      phase('hosted/declare', 'its programs are declared in the host cluster', 'cluster', [all('hosted/host'), all('etcd/start')], {
        applies: isHosted,
      }),
    ],
  },
  {
    id: 'control-plane',
    title: 'Control plane',
    phases: [
      phase('control-plane/start', 'kubelet runs the static pods', controlPlanes, [same('machines/configure'), same('etcd/initialise')]),
      phase(
        'control-plane/answer',
        'an API server answers',
        'cluster',
        [all('control-plane/start'), all('hosted/declare'), all('etcd/start')],
        { awaits: true },
      ),
    ],
  },
  {
    id: 'workers',
    title: 'Workers',
    phases: [
      phase('worker/start', 'kubelet runs', (c) => workers(c).filter((m) => !m.roles.includes('control-plane')), [
        same('machines/configure'),
      ]),
    ],
  },
  {
    id: 'membership',
    title: 'etcd membership',
    phases: [
      phase('etcd/promote', 'member has a vote', etcdMachines, [same('etcd/start'), same('control-plane/start')], { applies: ownEtcd }),
      phase('etcd/retire', 'nobody else is a member', 'cluster', [all('etcd/promote')], {
        applies: ownEtcd,
        lane: 'etcd-membership',
        risk: 'destructive',
      }),
    ],
  },
  {
    id: 'cluster',
    title: 'Cluster services',
    phases: [
      phase('cluster/nodes', nodesTitle, 'cluster', [all('control-plane/answer')], { applies: (c) => !isHosted(c) }),
      // A hosted scheduler has long been waiting: a pod is placed at once, and two of a kind land on the one node that is there already.
      phase('cluster/nodes-first', nodesTitle, 'cluster', [all('control-plane/answer')], { applies: isHosted }),
      phase('cluster/objects', 'kube-proxy, CoreDNS and the probe are declared', 'cluster', [
        all('control-plane/answer'),
        // Pods are led to an entry that is there.
        all('balancer/start'),
        all('balancer/external'),
        all('cluster/nodes-first'),
      ]),
      // Nothing of the cluster waits for it, so it is done while pods start.
      phase('cluster/kubeadm', 'kubeadm finds its records', 'cluster', [all('cluster/objects')], { applies: (c) => !isHosted(c) }),
    ],
  },
  {
    id: 'claims',
    title: 'Claims',
    phases: [
      phase(
        'claims/hold',
        'every claim about the cluster holds',
        'cluster',
        [
          all('cluster/nodes'),
          all('cluster/objects'),
          all('etcd/retire'),
          all('worker/start'),
          all('balancer/start'),
          all('balancer/retire'),
          all('hosted/routes'),
        ],
        { awaits: true },
      ),
    ],
  },
]
