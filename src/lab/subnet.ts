/** Dotted IPv4 as a number. */
const toNumber = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

export const prefixLengthOf = (subnet: string): number => Number(subnet.split('/')[1])

/** First address of a subnet and the one after its last; host bits of the text do not count. */
const rangeOf = (subnet: string): [from: number, to: number] => {
  const size = 2 ** (32 - prefixLengthOf(subnet))
  const from = Math.floor(toNumber(subnet.split('/')[0] ?? '') / size) * size
  return [from, from + size]
}

/** The last usable address of a subnet: the lab's gateway and name server, which lead nowhere. */
export const gatewayOf = (subnet: string): string => toAddress(rangeOf(subnet)[1] - 2)

/** Do two subnets share an address? Either may be written as a host address with a prefix length. */
export const overlaps = (a: string, b: string): boolean => {
  const [fromA, toA] = rangeOf(a)
  const [fromB, toB] = rangeOf(b)
  return fromA < toB && fromB < toA
}
