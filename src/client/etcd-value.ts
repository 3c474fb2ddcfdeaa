/** Numbers and bytes as etcd's JSON gateway writes them: 64-bit integers as decimal strings, bytes as base64, zero values left out. */

/** An id as etcdctl prints it: hex, no leading zeros. */
export const hexOf = (id: string | undefined): string => BigInt(id ?? '0').toString(16)

/** A hex id as the gateway wants it. */
export const decimalOf = (hex: string): string => BigInt(`0x${hex}`).toString()

/** Revisions, sizes and indexes stay far below 2^53, even after a restore that bumps the revision by a thousand million. */
export const numberOf = (text: string | number | undefined): number => Number(text ?? 0)

export const base64Of = (value: string | Uint8Array): string => Buffer.from(value as string).toString('base64')

export const bytesOf = (base64: string | undefined): Buffer => Buffer.from(base64 ?? '', 'base64')

/** End of the range of all keys that start with `prefix`: its last byte that can grow, grown by one. */
export const prefixEnd = (prefix: string | Uint8Array): Buffer => {
  const end = Buffer.from(prefix as string)
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0xff
    if (byte < 0xff) {
      end[at] = byte + 1
      return end.subarray(0, at + 1)
    }
  }
  // No key is greater than all 0xff: "\0" means up to the end.
  return Buffer.from([0])
}
