import { readFileSync } from 'node:fs'

/** May we mount? Root in somebody's container often may not: capabilities(7), CAP_SYS_ADMIN is bit 21. */
export const mayMount = (): boolean => {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return process.getuid?.() === 0 && ((BigInt(`0x${mask}`) >> 21n) & 1n) === 1n
}
