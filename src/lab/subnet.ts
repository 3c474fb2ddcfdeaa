/** Dotted IPv4 as a number. */
const toNumber = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

export const prefixLengthOf = (subnet: string): number => Number(subnet.split('/')[1])

/** The last usable address of a subnet: the lab's gateway and name server, which lead nowhere. */
export const gatewayOf = (subnet: string): string => {
  const [base = '0.0.0.0'] = subnet.split('/')
  return toAddress(toNumber(base) + 2 ** (32 - prefixLengthOf(subnet)) - 2)
}
