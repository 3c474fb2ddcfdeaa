/** A block of IPv4 addresses, both ends within. */
export interface Range {
  first: number
  last: number
}

/** Dotted quad to number, or undefined where it is none. Leading zeros are refused: some programs read them as octal. */
export const parseAddress = (text: string): number | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((n, part) => n * 256 + Number(part), 0)
}

export const formatAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/** `a.b.c.d/n` to its addresses; host bits are cut off. Undefined where it is no CIDR. */
export const parseCidr = (text: string): (Range & { length: number }) | undefined => {
  const [address = '', length = '', ...rest] = text.split('/')
  const n = parseAddress(address)
  if (n === undefined || rest.length > 0 || !/^(0|[1-9]\d?)$/.test(length) || Number(length) > 32) return undefined
  const size = 2 ** (32 - Number(length))
  const first = Math.floor(n / size) * size
  return { first, last: first + size - 1, length: Number(length) }
}

/** A CIDR or `first-last`, as MetalLB writes pools. */
export const parsePool = (text: string): Range | undefined => {
  if (text.includes('/')) return parseCidr(text)
  const [from = '', to = from, ...rest] = text.split('-').map((part) => part.trim())
  const first = parseAddress(from)
  const last = parseAddress(to)
  return first === undefined || last === undefined || rest.length > 0 || last < first ? undefined : { first, last }
}

export const overlaps = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last

export const within = (address: number, range: Range): boolean => address >= range.first && address <= range.last
