import type { Cluster, MachineSpec } from '../model/cluster.js'

const toNumber = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/**
 * The /24 of pods on one node: as far into the pod subnet as the machine's address is into the machine subnet (10.99.0.21 -> 10.244.21.0/24). So it
 * needs no stored state, and no other machine's coming or going changes it.
 */
export const podCidrOf = (cluster: Cluster, machine: MachineSpec): string => {
  const [machineBase = '0.0.0.0', length = '24'] = cluster.network.machineSubnet.split('/')
  const host = (toNumber(machine.address) - toNumber(machineBase)) % 2 ** (32 - Number(length))
  const [podBase = '0.0.0.0'] = cluster.network.podSubnet.split('/')
  return `${toAddress(toNumber(podBase) + host * 256)}/24`
}
