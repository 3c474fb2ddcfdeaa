import { join } from 'node:path'

/** Where quorate keeps clusters, labs and keys on this computer: $QUORATE_STATE, default /var/lib/quorate. Mode 0700. */
export const stateRoot = (): string => process.env.QUORATE_STATE ?? '/var/lib/quorate'

export interface StateDir {
  dir: string
  pki: string
  lock: string
  journal: string
  kubeconfig: string
  /** Holds the cluster as it was last applied, so that `down` and `status` work by name. */
  cluster: string
  /** Exists once every claim held for the first time: from then on an empty member means lost data. */
  served: string
}

/** The state directory of one cluster, by name. */
export const stateOf = (cluster: string, root: string = stateRoot()): StateDir => {
  const dir = join(root, 'clusters', cluster)
  return {
    dir,
    pki: join(dir, 'pki'),
    lock: join(dir, 'lock'),
    journal: join(dir, 'journal.ndjson'),
    kubeconfig: join(dir, 'kubeconfig'),
    cluster: join(dir, 'cluster.json'),
    served: join(dir, 'served'),
  }
}
