import type { Cluster, MachineSpec } from '../model/cluster.js'

const toNumber = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/** Every node has a route to every other one, so the same n answers are asked for n² times. By subnets: the same file, the same answers. */
const known = new Map<string, Map<string, string>>()

/**
 * The /24 of pods on one node: as far into the pod subnet as the machine's address is into the machine subnet (10.99.0.21 -> 10.244.21.0/24). So it
 * needs no stored state, and no other machine's coming or going changes it.
 */
export const podCidrOf = ({ network }: Cluster, { address }: MachineSpec): string => {
  const subnets = `${network.machineSubnet} ${network.podSubnet}`
  const answers = known.get(subnets) ?? new Map<string, string>()
  known.set(subnets, answers)
  const answer = answers.get(address) ?? calculate(network, address)
  answers.set(address, answer)
  return answer
}

const calculate = (network: Cluster['network'], address: string): string => {
  const [machineBase = '0.0.0.0', length = '24'] = network.machineSubnet.split('/')
  const host = (toNumber(address) - toNumber(machineBase)) % 2 ** (32 - Number(length))
  const [podBase = '0.0.0.0'] = network.podSubnet.split('/')
  return `${toAddress(toNumber(podBase) + host * 256)}/24`
}
