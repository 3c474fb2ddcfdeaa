import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadCluster } from '../../../src/config/load.js'
import { groundOf } from '../../../src/drill/ground.js'
import { fakeFleet } from '../../../src/machine/fake.js'
import { type Cluster, controlPlanes, nodes } from '../../../src/model/cluster.js'

const folder = resolve(import.meta.dirname, '../../../examples')
/** Names files that are on nobody's computer but its owner's. */
const ownEtcd = 'your-own-etcd.yaml'

const load = (name: string): Cluster => {
  const { cluster } = loadCluster(readFileSync(join(folder, name), 'utf8'), join(folder, name))
  if (!cluster) throw new Error(`${name} is refused`)
  // Of a hosted control plane as a drill of it sees it.
  return cluster.hosted ? groundOf({ cluster, fleet: nobody }, { cluster: cluster.hosted.host, fleet: nobody }).cluster : cluster
}
const nobody = fakeFleet([])

/** Every example file as a cluster, by its name without ending. */
export const examples: ReadonlyMap<string, Cluster> = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && name !== ownEtcd)
    .map((name) => [name.replace(/\.yaml$/, ''), load(name)]),
)

/** Where the API servers of a cluster run when all is well. */
export const serversOf = (cluster: Cluster): string[] =>
  (cluster.hosted ? nodes(cluster.hosted.host) : controlPlanes(cluster)).map((m) => m.name)

export const example = (name: string): Cluster => {
  const found = examples.get(name)
  if (!found) throw new Error(`no example ${name}`)
  return found
}
