import { defaultCluster } from '../config/init.js'
import { loadClusterFile } from '../config/load.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { Fault } from '../model/problem.js'

/** The cluster of a file, or the built-in one. Warnings are told; errors are thrown together, and nothing has been changed then. */
export const loadOrDefault = async (file: string | undefined, emit: Emit): Promise<Cluster> => {
  if (file === undefined) return defaultCluster()
  const { cluster, problems } = await loadClusterFile(file)
  const errors = problems.filter((p) => p.severity === 'error')
  if (errors.length > 0 || !cluster) throw new AggregateError(errors.map((p) => new Fault(p)))
  for (const warning of problems) emit({ type: 'warned', problem: warning })
  return cluster
}
