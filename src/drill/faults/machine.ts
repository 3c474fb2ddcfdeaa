import type { FaultSpec, Mechanism } from './fault.js'
import { always, wholeMachines, wholeZones, withEtcdMajority, withHost, withVirtualIp, withWorkers, withZones } from './what-is-lost.js'

const shown: Record<'power' | 'freeze' | 'reboot' | 'power-cycle', [shownBy: string, undoneBy: string]> = {
  power: ['the machine has no process left and its SSH port does not answer', 'it has booted again: another boot id, SSH answers'],
  freeze: ['its SSH port is accepted by the kernel and says nothing', 'SSH answers, the boot id is the same'],
  reboot: ['SSH no longer answers, or the boot id is another', 'SSH answers, the boot id is another'],
  'power-cycle': ['no machine had a process left', 'every machine has booted again: another boot id, SSH answers'],
}

type Kind = keyof typeof shown

type Entry = Omit<FaultSpec, 'category' | 'mechanism' | 'shownBy' | 'undoneBy' | 'holdMs' | 'settleMs' | 'expects' | 'labOnly'> & {
  kind: Kind
  holdMs?: number
  expects?: FaultSpec['expects']
}

const fault = ({ kind, expects, ...rest }: Entry): FaultSpec => ({
  category: 'machine',
  mechanism: { kind } as Mechanism,
  shownBy: shown[kind][0],
  undoneBy: shown[kind][1],
  expects: { redundancyMs: 180_000, ...expects },
  holdMs: kind === 'freeze' ? 10_000 : 12_000,
  settleMs: 2000,
  // A host can be rebooted from within; taking its power or its processors away needs somebody outside.
  ...(kind === 'reboot' ? {} : { labOnly: true as const }),
  ...rest,
})

const holder = { victim: 'virtual IP holder' as const, lost: wholeMachines, applies: withVirtualIp }
const leader = { victim: 'etcd leader' as const, lost: wholeMachines, applies: withEtcdMajority }
const carrier = {
  victim: 'API server behind the endpoint' as const,
  lost: wholeMachines,
  applies: withHost,
  predicted: 'carrier-lost' as const,
}
const worker = { victim: 'worker' as const, lost: wholeMachines, applies: withWorkers, predicted: 'nothing' as const }

/** Machines as a whole: without power, frozen, rebooted. */
export const machineFaults: readonly FaultSpec[] = [
  fault({
    id: 'holder-power',
    title: 'Power loss of the virtual IP holder',
    description: 'No FIN, no RST, no last advert: everybody has to notice the silence.',
    kind: 'power',
    predicted: 'holder-lost',
    ...holder,
  }),
  fault({
    id: 'control-plane-power',
    title: 'Power loss of the control plane with the etcd leader',
    description: 'API server, etcd leader, and perhaps leading controllers gone at once, without a goodbye.',
    kind: 'power',
    predicted: 'control-plane-lost',
    expects: { also: { 'Service from a pod': 'pods-entry' } },
    ...leader,
  }),
  fault({
    id: 'worker-power',
    title: 'Power loss of a worker',
    description: 'Its pods are gone; Services must lead around them.',
    kind: 'power',
    ...worker,
  }),
  fault({
    id: 'holder-reboot',
    title: 'Clean reboot of the virtual IP holder',
    description: 'keepalived is stopped by systemd and gives the address up.',
    kind: 'reboot',
    predicted: 'holder-stopped',
    ...holder,
  }),
  fault({
    id: 'control-plane-reboot',
    title: 'Clean reboot of the control plane with the etcd leader',
    description: 'What an update of the kernel does.',
    kind: 'reboot',
    predicted: 'control-plane-stopped',
    ...leader,
  }),
  fault({
    id: 'worker-reboot',
    title: 'Clean reboot of a worker',
    description: 'Its pods end and start again.',
    kind: 'reboot',
    ...worker,
  }),
  fault({
    id: 'holder-freeze',
    title: 'Virtual IP holder frozen and thawed',
    description: 'As when a hypervisor pauses it: it wakes in the belief that it holds the address.',
    kind: 'freeze',
    predicted: 'holder-lost',
    expects: { splitIsTheFault: true },
    ...holder,
  }),
  fault({
    id: 'control-plane-freeze',
    title: 'Control plane with the etcd leader frozen and thawed',
    description: 'It wakes in the belief that it leads, with requests of a time gone by in its queues.',
    kind: 'freeze',
    predicted: 'control-plane-lost',
    ...leader,
  }),
  fault({
    id: 'worker-freeze',
    title: 'Worker frozen and thawed',
    description: 'Its kernel accepts connections that no pod answers.',
    kind: 'freeze',
    ...worker,
  }),
  fault({
    id: 'carrier-power',
    title: 'Power loss of a node of the host',
    description: 'The one that carries the API server behind the endpoint. The host cluster marks it much later than the proxies leave it.',
    kind: 'power',
    ...carrier,
  }),
  fault({
    id: 'carrier-freeze',
    title: 'Node of the host frozen and thawed',
    description: 'The one that carries the API server behind the endpoint. Its kernel goes on accepting what nobody answers.',
    kind: 'freeze',
    ...carrier,
  }),
  fault({
    id: 'zone-power',
    title: 'Power loss of a whole zone',
    description: 'Every machine of one failure domain at the same moment.',
    victim: 'zone',
    kind: 'power',
    lost: wholeZones,
    predicted: 'zone-lost',
    applies: withZones,
  }),
  fault({
    id: 'everything-power',
    title: 'Power loss of everything, cold start in random order',
    description: 'Nothing may wait for something that waits for it: no virtual IP, no name, no registry is there.',
    victim: 'every machine',
    kind: 'power-cycle',
    lost: () => [],
    predicted: 'cold-start',
    // A cluster and its guest on two processors took 61 s.
    holdMs: 90_000,
    expects: { redundancyMs: 240_000 },
    applies: always,
  }),
]
