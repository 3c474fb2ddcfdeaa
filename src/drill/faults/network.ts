import { topologyOf, withRole } from '../../model/cluster.js'
import { apiDoors } from '../../render/endpoint.js'
import { type Cut, cutNetwork, takeAddress } from '../scripts/partition.js'
import type { FaultSpec, Scene } from './fault.js'
import { nothing, wholeMachines, withEtcdMajority, withServers, withVirtualIp, withWorkers } from './what-is-lost.js'

type Entry = Omit<FaultSpec, 'category' | 'mechanism' | 'shownBy' | 'undoneBy' | 'holdMs' | 'settleMs' | 'expects'> & {
  cut: (scene: Scene) => Cut
  holdMs?: number
  expects?: FaultSpec['expects']
}

const fault = ({ cut, ...rest }: Entry): FaultSpec => ({
  category: 'network',
  mechanism: { kind: 'scripts', on: (scene) => cutNetwork(scene.machine, cut(scene), scene.id) },
  shownBy: 'packets were dropped, counted by nft at the network card',
  undoneBy: 'no rule of the drill is left',
  expects: {},
  holdMs: 10_000,
  settleMs: 2000,
  ...rest,
})

const all: Cut = { in: [''], out: [''] }
const holder = { victim: 'virtual IP holder' as const, applies: withVirtualIp }
const leader = { victim: 'etcd leader' as const, applies: withEtcdMajority }

/** Packets lost, by nftables on the victim. SSH and loopback are left alone, so that the way to mend it stays open. */
export const networkFaults: readonly FaultSpec[] = [
  fault({
    id: 'holder-isolated',
    title: 'Virtual IP holder cut off',
    description: 'Both ways, to everybody. It keeps the address and believes that all others are gone.',
    cut: () => all,
    lost: wholeMachines,
    predicted: 'holder-lost',
    expects: { splitIsTheFault: true },
    ...holder,
  }),
  fault({
    id: 'control-plane-isolated',
    title: 'Control plane with the etcd leader cut off',
    description: 'Both ways: the minority must step down, the majority must go on.',
    cut: () => all,
    lost: wholeMachines,
    predicted: 'control-plane-lost',
    ...leader,
  }),
  fault({
    id: 'control-plane-deaf',
    title: 'Control plane with the etcd leader hears nothing',
    description: 'Incoming packets are lost: its heartbeats leave, answers do not arrive.',
    cut: () => ({ in: [''] }),
    lost: nothing,
    predicted: 'control-plane-lost',
    ...leader,
  }),
  fault({
    id: 'control-plane-mute',
    title: 'Control plane with the etcd leader is not heard',
    description: 'Outgoing packets are lost: it hears everybody and nobody hears it.',
    cut: () => ({ out: [''] }),
    lost: nothing,
    predicted: 'control-plane-lost',
    ...leader,
  }),
  fault({
    id: 'holder-mute',
    title: 'Virtual IP holder is not heard',
    description: 'Outgoing packets are lost, adverts among them.',
    cut: () => ({ out: [''] }),
    lost: nothing,
    predicted: 'holder-lost',
    expects: { splitIsTheFault: true },
    ...holder,
  }),
  fault({
    id: 'etcd-pair-cut',
    title: 'etcd leader and one follower cut from each other',
    description: 'The third sees both. Without pre-vote this shape makes leaders come and go.',
    victim: 'etcd leader and a follower',
    cut: ({ machine, victims }) => {
      const other = victims.find((m) => m.name !== machine.name)?.address ?? machine.address
      return { in: [`ip saddr ${other}`], out: [`ip daddr ${other}`] }
    },
    lost: nothing,
    predicted: 'etcd-leader-stuck',
    applies: withEtcdMajority,
  }),
  fault({
    id: 'vrrp-cut',
    title: 'Adverts between the balancers lost',
    description: 'IP protocol 112 only: each believes that the other is gone, and both take the address.',
    victim: 'every balancer',
    cut: () => ({ in: ['ip protocol 112'], out: ['ip protocol 112'] }),
    lost: nothing,
    predicted: 'vrrp-killed',
    expects: { splitIsTheFault: true, claimSeen: 'virtual-ip/one-holder' },
    applies: (cluster) => withVirtualIp(cluster) && withRole(cluster, 'balancer').length > 1,
  }),
  fault({
    id: 'apiserver-etcd-cut',
    title: 'API server cut off from its etcd member',
    description: 'Port 2379 only. It runs, accepts connections, and can neither read nor write.',
    victim: 'API server with an etcd of its own',
    cut: ({ cluster, victims, machine }) => {
      if (topologyOf(cluster) === 'stacked') return { loopback: ['tcp dport 2379'] }
      const member = withRole(cluster, 'etcd').find((m) => m.name !== machine.name && !victims.includes(m))
      return { out: [`ip daddr ${member?.address ?? machine.address} tcp dport 2379`] }
    },
    lost: nothing,
    predicted: 'api-server-without-store',
    applies: withServers,
  }),
  fault({
    id: 'workers-cut',
    title: 'Workers cut off from the endpoint',
    description: 'Their nodes cannot report; what runs on them must go on, and nothing may be evicted for it at once.',
    victim: 'every worker',
    cut: ({ cluster }) => {
      // With a proxy of its own on each worker, the endpoint is every API server.
      const doors = cluster.balancer === 'node-local' ? apiDoors(cluster) : [cluster.endpoint]
      return { out: doors.map(({ address, port }) => `ip daddr ${address} tcp dport ${port}`) }
    },
    lost: nothing,
    predicted: 'nothing',
    // With a proxy on each worker new connections are asked there, of what they are cut off from.
    expects: { headline: 'writes', also: { 'pod to Service to pod': 'nothing', DNS: 'nothing' } },
    applies: withWorkers,
  }),
  {
    ...fault({
      id: 'rogue-virtual-ip',
      title: 'A stranger takes the virtual IP',
      description:
        'A machine that is no balancer adds the address and announces it. No protocol can hold it off; it must be seen, and talked over.',
      victim: 'machine that is no balancer',
      cut: () => ({}),
      lost: nothing,
      predicted: 'address-claimed',
      expects: { also: { 'API server directly': 'nothing' }, splitIsTheFault: true, claimSeen: 'virtual-ip/one-holder' },
      applies: (cluster) => withVirtualIp(cluster) && cluster.machines.some((m) => !m.roles.includes('balancer')),
    }),
    mechanism: { kind: 'scripts', on: ({ machine, cluster, id }) => takeAddress(machine, cluster.endpoint.address, id) },
    shownBy: 'the machine carries the address, and the claim of one holder is seen untrue',
    undoneBy: 'the machine does not carry it',
  },
  fault({
    id: 'large-packets-lost',
    title: 'Packets above 1400 bytes lost at a control plane',
    description: 'A wrong MTU on the way: handshakes pass, answers of some size never arrive.',
    victim: 'another API server',
    cut: () => ({ in: ['ip length > 1400'], out: ['ip length > 1400'] }),
    lost: nothing,
    predicted: 'control-plane-lost',
    applies: withServers,
  }),
]
