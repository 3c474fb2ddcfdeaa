import type { Cluster } from '../model/cluster.js'
import type { Problem } from '../model/problem.js'
import { type Loaded, loadLocatedFile } from './load.js'
import { validateTogether } from './neighbours.js'
import { inOrder } from './positions.js'

export { validateTogether }

/** Several files for one network: the clusters, and the problems of each file and between them, file by file. Clusters only without errors. */
export const loadTogether = async (files: readonly string[]): Promise<{ clusters?: Cluster[]; problems: Problem[] }> => {
  const loaded: Loaded[] = await Promise.all(files.map(loadLocatedFile))
  const good = loaded.flatMap(({ cluster, locate }, file) => (cluster && locate ? [{ cluster, locate, file }] : []))
  const shared = validateTogether(good.map((one) => one.cluster))
  const problems = loaded.flatMap((one, file) =>
    inOrder([
      ...one.problems,
      ...shared.flatMap((finding) => {
        const about = good[finding.cluster]
        return about?.file === file ? [about.locate(finding)] : []
      }),
    ]),
  )
  const sound = good.length === files.length && problems.every((p) => p.severity !== 'error')
  return { ...(sound ? { clusters: good.map((one) => one.cluster) } : {}), problems }
}
