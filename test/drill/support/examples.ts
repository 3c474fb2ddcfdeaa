import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadCluster } from '../../../src/config/load.js'
import type { Cluster } from '../../../src/model/cluster.js'

const folder = resolve(import.meta.dirname, '../../../examples')
/** Names files that are on nobody's computer but its owner's. */
const ownEtcd = 'your-own-etcd.yaml'

/** Every example file as a cluster, by its name without ending. */
export const examples: ReadonlyMap<string, Cluster> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== ownEtcd)
    .map((name) => {
      const { cluster } = loadCluster(readFileSync(join(folder, name), 'utf8'), join(folder, name))
      if (!cluster) throw new Error(`${name} is refused`)
      return [name.replace(/\.yaml$/, ''), cluster] as const
    }),
)

export const example = (name: string): Cluster => {
  const found = examples.get(name)
  if (!found) throw new Error(`no example ${name}`)
  return found
}
