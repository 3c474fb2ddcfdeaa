import { confirmCluster, examineCluster } from '../check/run-checks.js'
import type { CheckResult } from '../model/check.js'
import type { Cluster } from '../model/cluster.js'
import type { Observed } from '../model/observed.js'
import { observing } from './claims-work.js'
import type { VerbOptions } from './options.js'
import { withReader } from './target.js'

/** One look at everything, each machine at its own address. What could not be seen is absent, never assumed. */
export const status = (
  file: string | undefined,
  options: VerbOptions,
): Promise<{ cluster: Cluster; observed: Observed; checks: CheckResult[] }> =>
  withReader(file, options, async (session) => {
    const { observed, results } = await examineCluster(await observing(session))
    return { cluster: session.cluster, observed, checks: results }
  })

/** Judges every claim about the cluster; what does not hold is looked at twice before it is told. */
export const check = (file: string | undefined, options: VerbOptions): Promise<CheckResult[]> =>
  withReader(file, options, async (session) => confirmCluster(await observing(session)))
