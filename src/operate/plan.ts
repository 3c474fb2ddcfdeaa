import { findBundle } from '../bundle/ready.js'
import type { Cluster } from '../model/cluster.js'
import type { Plan } from '../model/plan.js'
import { planCluster } from './build.js'
import type { VerbOptions } from './options.js'
import { readCluster, withReader } from './target.js'

/** What `up` or `apply` would do, in order, without doing any of it. */
export const plan = async (file: string | undefined, options: VerbOptions): Promise<{ cluster: Cluster; plan: Plan }> => {
  const cluster = await readCluster(file, () => {})
  const bundle = await findBundle({ kubernetesVersion: cluster.kubernetesVersion, metallb: cluster.loadBalancer !== undefined })
  return withReader(file, { ...options, bundleDigest: bundle?.digest ?? '' }, async (session, target) => {
    const image = (): never => {
      throw new Error('a plan boots nothing')
    }
    return { cluster: target.cluster, plan: await planCluster(session, target.lab && { lab: target.lab, image }) }
  })
}
