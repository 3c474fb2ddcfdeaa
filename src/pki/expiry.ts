import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authorities, authorityNames } from './authorities.js'
import { leavesFolder, splitPair } from './leaves.js'

export interface Expiry {
  /** `ca` for an authority, `cp-1/etcd/peer` for a leaf. */
  name: string
  /** ISO 8601, UTC. */
  notAfter: string
  /** Whole days, rounded down; negative once expired. */
  daysLeft: number
}

const expiryOf = (name: string, cert: string, nowMs: number): Expiry => {
  const notAfter = new Date(new X509Certificate(cert).validTo)
  return { name, notAfter: notAfter.toISOString(), daysLeft: Math.floor((notAfter.getTime() - nowMs) / 86_400_000) }
}

/** Every certificate that is kept, soonest end first. Leaves that cannot be read are left out: the next run issues them anew. */
export const listExpiry = async (dir: string, authorities: Authorities, nowMs: number): Promise<Expiry[]> => {
  const folder = leavesFolder(dir)
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const leaves = await Promise.all(
    files
      .filter((file) => file.endsWith('.pem'))
      .map(async (file) => {
        const pair = splitPair(await readFile(join(folder, file), 'utf8').catch(() => ''))
        return pair ? [expiryOf(file.slice(0, -'.pem'.length), pair.cert, nowMs)] : []
      }),
  )
  return [...authorityNames.map((name) => expiryOf(name, authorities.certificates[name].cert, nowMs)), ...leaves.flat()].sort(
    (a, b) => a.notAfter.localeCompare(b.notAfter) || a.name.localeCompare(b.name),
  )
}
