import { timingOf } from '../../config/timing.js'
import { type Cluster, etcdMachines, topologyOf } from '../../model/cluster.js'
import { etcdFunctions } from '../scripts/etcdctl.js'
import { script } from '../scripts/prelude.js'
import { asGuest, endProcess, freezeProcess, type Program, programs, stopUnit, which } from '../scripts/processes.js'
import type { Expectations, FaultSpec, MachineScripts, Mechanism, Scene } from './fault.js'
import { always, component, proxyComponent, proxyOf, withEtcdMajority, withServers, withVirtualIp, withWorkers } from './what-is-lost.js'

type How = 'kill' | 'freeze' | 'end' | 'stop'
type Which = Program | ((cluster: Cluster) => Program)

const etcdOf = (cluster: Cluster): Program => (topologyOf(cluster) === 'stacked' ? programs.etcd : programs['etcd (unit)'])
/** One of the control plane, wherever it runs. */
const central =
  (program: Program) =>
  (cluster: Cluster): Program =>
    cluster.hosted ? asGuest(program, cluster.name) : program
const proxyProgram = (cluster: Cluster): Program => programs[proxyOf(cluster) ?? 'haproxy']

const does = (which: Which, how: How): Mechanism => ({
  kind: 'scripts',
  on: ({ cluster, id }: Scene): MachineScripts => {
    const program = typeof which === 'function' ? which(cluster) : which
    if (how === 'freeze') return freezeProcess(program, id)
    if (how === 'stop') return stopUnit(program, id)
    return endProcess(program, id, how === 'kill' ? 'KILL' : 'TERM')
  },
})

const shown: Record<How, [shownBy: string, undoneBy: string]> = {
  kill: ['the process with its start time is gone', 'a new process of the program runs'],
  end: ['the process with its start time is gone', 'a new process of the program runs'],
  freeze: ['every process of the program is in state T', 'none of them is in state T'],
  stop: ['the unit is not active and its process is gone', 'the unit is active and a new process runs'],
}

type Entry = Omit<FaultSpec, 'category' | 'mechanism' | 'shownBy' | 'undoneBy' | 'holdMs' | 'settleMs' | 'expects'> & {
  how: How
  program: Which
  expects?: Expectations
  holdMs?: number
  settleMs?: number
}

const fault = ({ how, program, ...rest }: Entry): FaultSpec => ({
  category: 'process',
  mechanism: does(program, how),
  shownBy: shown[how][0],
  undoneBy: shown[how][1],
  expects: {},
  holdMs: how === 'freeze' ? 10_000 : 8000,
  settleMs: 2000,
  ...rest,
})

const etcd = { program: etcdOf, lost: component('etcd member'), applies: withEtcdMajority }
const server = { program: central(programs.apiserver), lost: component('API server'), applies: withServers }
const proxy = { program: proxyProgram, victim: 'virtual IP holder' as const, lost: proxyComponent, applies: withVirtualIp }
const vrrp = { program: programs.keepalived, victim: 'virtual IP holder' as const, lost: component('keepalived'), applies: withVirtualIp }

/**
 * As planned work on a control plane goes: the API server beside the member, which has no other one, says that it stops and goes on serving until
 * every balancer has seen it; then leadership is handed over; then the member is stopped cleanly. What a planned restart costs at most.
 */
const handOver = ({ cluster, machine, id }: Scene): MachineScripts => {
  const stop = endProcess(etcdOf(cluster), id, 'TERM')
  const others = etcdMachines(cluster).filter((m) => m.name !== machine.name)
  const { backendCheck: check } = timingOf(cluster)
  const seenMs = check.intervalMs + (check.fall - 1) * check.fastIntervalMs + check.timeoutMs
  const move = `${etcdFunctions(machine, others)}
api=$(pids ${which(programs.apiserver)})
[ -z "$api" ] || { kill -TERM $api; sleep ${seenMs / 1000}; }
to=$(ctl "$OTHERS" endpoint status 2>/dev/null | head -n 1 | cut -d, -f2 | tr -d ' ')
[ -n "$to" ] && ctl "$LOCAL" move-leader "$to" > /dev/null || { echo 'the leader did not move' >&2; exit 1; }
`
  return { ...stop, inject: script(id, `${move}\n${stop.inject}`) }
}

/** Kill, freeze and clean stop, where they differ. */
export const processFaults: readonly FaultSpec[] = [
  fault({
    id: 'etcd-leader-kill',
    title: 'etcd leader killed',
    description: 'The process ends without a word. Followers miss its heartbeats and elect another leader.',
    victim: 'etcd leader',
    how: 'kill',
    predicted: 'etcd-leader-lost',
    ...etcd,
  }),
  fault({
    id: 'etcd-leader-freeze',
    title: 'etcd leader frozen',
    description: 'It stands still with all connections open, and believes that it leads when it wakes.',
    victim: 'etcd leader',
    how: 'freeze',
    predicted: 'etcd-leader-lost',
    ...etcd,
  }),
  fault({
    id: 'etcd-leader-stop',
    title: 'etcd leader stopped cleanly',
    description: 'SIGTERM: it hands its leadership over on its own before it ends.',
    victim: 'etcd leader',
    how: 'end',
    predicted: 'etcd-leader-stopped',
    ...etcd,
  }),
  {
    ...fault({
      id: 'etcd-leader-handover',
      title: 'etcd leader moved, then stopped',
      description:
        'As planned work does it: the API server beside it leaves the balancers, leadership is moved, only then the member ends.',
      victim: 'etcd leader',
      how: 'end',
      predicted: 'etcd-leader-moved',
      ...etcd,
    }),
    mechanism: { kind: 'scripts', on: handOver },
  },
  fault({
    id: 'etcd-follower-kill',
    title: 'etcd follower killed',
    description: 'A minority is lost; clients of that member reconnect.',
    victim: 'etcd follower',
    how: 'kill',
    predicted: 'etcd-follower-lost',
    ...etcd,
  }),
  fault({
    id: 'etcd-follower-freeze',
    title: 'etcd follower frozen',
    description: 'It stands still with all connections open, those of the API server beside it among them.',
    victim: 'etcd follower',
    how: 'freeze',
    predicted: 'etcd-follower-lost',
    ...etcd,
  }),
  fault({
    id: 'etcd-follower-stop',
    title: 'etcd follower stopped cleanly',
    description: 'SIGTERM to a member that does not lead.',
    victim: 'etcd follower',
    how: 'end',
    predicted: 'etcd-follower-lost',
    ...etcd,
  }),
  fault({
    id: 'apiserver-kill',
    title: 'API server behind the endpoint killed',
    description: 'The one that most connections through the endpoint lead to. Its connections are reset.',
    victim: 'API server behind the endpoint',
    how: 'kill',
    predicted: 'api-server-killed',
    ...server,
  }),
  fault({
    id: 'apiserver-freeze',
    title: 'API server behind the endpoint frozen',
    description: 'The kernel goes on accepting connections for it, so a check of the port alone stays green.',
    victim: 'API server behind the endpoint',
    how: 'freeze',
    predicted: 'api-server-frozen',
    expects: { also: { 'HTTP/2 with ping': 'unbounded' } },
    ...server,
  }),
  fault({
    id: 'apiserver-stop',
    title: 'API server behind the endpoint stopped cleanly',
    description: 'SIGTERM: /readyz turns false first, and it serves on for the shutdown delay.',
    victim: 'API server behind the endpoint',
    how: 'end',
    predicted: 'api-server-stopped',
    ...server,
    holdMs: 12_000,
  }),
  fault({
    id: 'other-apiserver-kill',
    title: 'Another API server killed',
    description: 'One that fewer connections lead to.',
    victim: 'another API server',
    how: 'kill',
    predicted: 'api-server-killed',
    ...server,
  }),
  fault({
    id: 'controller-manager-kill',
    title: 'Leading controller manager killed',
    description: 'Its lease has to run out before another one takes over.',
    victim: 'controller-manager leader',
    program: central(programs['controller-manager']),
    how: 'kill',
    lost: component('controller-manager'),
    predicted: 'nothing',
    expects: { also: { 'controller-manager at work': 'controllers' } },
    applies: withServers,
  }),
  fault({
    id: 'controller-manager-freeze',
    title: 'Leading controller manager frozen',
    description: 'When it wakes it must see that it no longer leads; a lease is no fence.',
    victim: 'controller-manager leader',
    program: central(programs['controller-manager']),
    how: 'freeze',
    lost: component('controller-manager'),
    predicted: 'nothing',
    expects: { also: { 'controller-manager at work': 'controllers' } },
    applies: withServers,
    holdMs: 12_000,
  }),
  fault({
    id: 'scheduler-kill',
    title: 'Leading scheduler killed',
    description: 'Its lease has to run out before another one takes over.',
    victim: 'scheduler leader',
    program: central(programs.scheduler),
    how: 'kill',
    lost: component('scheduler'),
    predicted: 'nothing',
    expects: { also: { 'scheduler at work': 'leases' } },
    applies: withServers,
  }),
  fault({
    id: 'scheduler-freeze',
    title: 'Leading scheduler frozen',
    description: 'When it wakes it must see that it no longer leads.',
    victim: 'scheduler leader',
    program: central(programs.scheduler),
    how: 'freeze',
    lost: component('scheduler'),
    predicted: 'nothing',
    expects: { also: { 'scheduler at work': 'leases' } },
    applies: withServers,
    holdMs: 12_000,
  }),
  fault({
    id: 'proxy-kill',
    title: 'Proxy killed on the virtual IP holder',
    description: 'All connections through it are reset.',
    how: 'kill',
    predicted: 'proxy-killed',
    ...proxy,
  }),
  fault({
    id: 'proxy-freeze',
    title: 'Proxy frozen on the virtual IP holder',
    description: 'A check that looks for the process stays green; only one that asks it finds out.',
    how: 'freeze',
    predicted: 'proxy-frozen',
    ...proxy,
  }),
  fault({
    id: 'proxy-stop',
    title: 'Proxy stopped cleanly on the virtual IP holder',
    description: 'It stays down, so the virtual IP has to move.',
    how: 'stop',
    predicted: 'proxy-stopped',
    ...proxy,
  }),
  fault({
    id: 'keepalived-kill',
    title: 'keepalived killed on the virtual IP holder',
    description: 'The address stays where it was while the other balancer takes it too.',
    how: 'kill',
    predicted: 'vrrp-killed',
    ...vrrp,
  }),
  fault({
    id: 'keepalived-freeze',
    title: 'keepalived frozen on the virtual IP holder',
    description: 'Two machines hold the address until it wakes; both serve.',
    how: 'freeze',
    predicted: 'vrrp-killed',
    expects: { splitIsTheFault: true, claimSeen: 'virtual-ip/one-holder' },
    ...vrrp,
  }),
  fault({
    id: 'keepalived-stop',
    title: 'keepalived stopped cleanly on the virtual IP holder',
    description: 'It gives the address up with an advert of priority 0.',
    how: 'stop',
    predicted: 'vrrp-stopped',
    ...vrrp,
  }),
  fault({
    id: 'kubelet-stop',
    title: 'kubelet of a worker stopped',
    description: 'Its node will be called not ready; its pods go on serving.',
    victim: 'worker',
    program: programs.kubelet,
    how: 'stop',
    lost: component('kubelet'),
    predicted: 'nothing',
    expects: { also: { 'pod to Service to pod': 'nothing', DNS: 'nothing' } },
    applies: withWorkers,
  }),
  fault({
    id: 'containerd-kill',
    title: 'containerd of a worker killed',
    description: 'Containers belong to their shims and live on.',
    victim: 'worker',
    program: programs.containerd,
    how: 'kill',
    lost: component('containerd'),
    predicted: 'nothing',
    expects: { also: { 'pod to Service to pod': 'nothing', DNS: 'nothing' } },
    applies: withWorkers,
  }),
  fault({
    id: 'containerd-stop',
    title: 'containerd of a worker stopped',
    description: 'Nothing new can start on that node; what runs goes on.',
    victim: 'worker',
    program: programs.containerd,
    how: 'stop',
    lost: component('containerd'),
    predicted: 'nothing',
    expects: { also: { 'pod to Service to pod': 'nothing', DNS: 'nothing' } },
    applies: withWorkers,
  }),
  fault({
    id: 'kube-proxy-kill',
    title: 'kube-proxy of a worker killed',
    description: 'The rules for Services stay in the kernel; the new process has to know them for its own.',
    victim: 'worker',
    program: programs['kube-proxy'],
    how: 'kill',
    lost: component('kube-proxy'),
    predicted: 'nothing',
    expects: { also: { 'pod to Service to pod': 'nothing', DNS: 'nothing' } },
    applies: withWorkers,
  }),
  fault({
    id: 'coredns-one-kill',
    title: 'One CoreDNS pod killed',
    description: 'The rest answer; a question on its way is asked again by the resolver.',
    victim: 'one machine with CoreDNS',
    program: programs.coredns,
    how: 'kill',
    lost: component('CoreDNS'),
    predicted: 'nothing',
    expects: { also: { DNS: 'dns-pod-lost' } },
    applies: always,
  }),
  fault({
    id: 'coredns-all-kill',
    title: 'All CoreDNS pods killed',
    description: 'No name resolves until kubelet has started them again; the API and pods by address go on.',
    victim: 'every machine with CoreDNS',
    program: programs.coredns,
    how: 'kill',
    lost: () => [],
    predicted: 'nothing',
    expects: { also: { 'pod to Service to pod': 'nothing' } },
    applies: always,
    holdMs: 12_000,
  }),
]
