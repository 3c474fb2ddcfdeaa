/** IPv4 arithmetic on "a.b.c.d/len" texts that config/ has already found valid. */

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/** Prefix length of a subnet: 24 of "10.99.0.0/24". */
export const prefixLength = (subnet: string): number => Number(subnet.split('/')[1])

/** The n-th address of a subnet, counted from its network address; negative counts back from the broadcast address. */
export const addressAt = (subnet: string, n: number): string => {
  const [base = ''] = subnet.split('/')
  const size = 2 ** (32 - prefixLength(subnet))
  const network = Math.floor(toNumber(base) / size) * size
  return toAddress(network + (n < 0 ? size + n : n))
}

/** The Service `kubernetes` holds the first address, cluster DNS the tenth: both are kubeadm's rule. */
export const kubernetesServiceIp = (serviceSubnet: string): string => addressAt(serviceSubnet, 1)
export const dnsServiceIp = (serviceSubnet: string): string => addressAt(serviceSubnet, 10)
