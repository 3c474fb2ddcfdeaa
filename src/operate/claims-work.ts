import { writeFile } from 'node:fs/promises'
import { confirmCluster } from '../check/run-checks.js'
import { waitForClaims } from '../check/wait.js'
import type { CheckResult } from '../model/check.js'
import { fault } from '../model/problem.js'
import type { ObserveOptions } from '../observe/cluster-facts.js'
import type { StepWork } from '../steps/step.js'
import type { Session } from './session.js'

const deadlineMs = 240_000
/** Looking costs the same processors that pods are starting on: measured, five looks a second made them start later than two do. */
const everyMs = 500

/** What looking at a running cluster needs. Throws Fault Q4031 when this computer has no keys of it. */
export const observing = async (session: Session): Promise<ObserveOptions> => {
  const { pki, connections, cluster, fleet, ctx } = session
  if (!pki || !connections) throw fault('Q4031', { cluster: cluster.name })
  const tls = { adminTls: await pki.adminTls(), etcdTls: await pki.etcdTls(cluster) }
  return { cluster, fleet, connections, ...tls, ...(ctx.signal ? { signal: ctx.signal } : {}) }
}

/**
 * The last step of building: a cluster is up when its claims hold, not when commands returned. `changed` tells whether a step of this run changed
 * anything: then looking once would be too early, and it waits. `hold` receives the last results.
 */
export const claimsWork = (session: Session, changed: () => boolean, hold: (results: CheckResult[]) => void): StepWork => ({
  observe: async () => {
    if (changed()) return { state: 'todo', reason: 'something changed' }
    if (!session.connections) return { state: 'todo', reason: 'nothing is built yet' }
    const results = await confirmCluster(await observing(session))
    hold(results)
    const open = results.filter((r) => r.verdict !== 'True')
    const first = open[0]
    return first
      ? { state: 'todo', reason: `${open.length} of ${results.length} claims do not hold: ${first.claim} (${first.evidence})` }
      : { state: 'done' }
  },
  run: async () => {
    const { emit } = session.ctx
    const waited = await waitForClaims(await observing(session), {
      deadlineMs,
      everyMs,
      onChange: (result) => emit({ type: 'check.changed', result }),
    })
    hold(waited.results)
    if (waited.ok) return
    const failed = waited.results.filter((r) => r.verdict !== 'True')
    const problems = failed.flatMap((r) =>
      r.problem ? [fault(r.problem.code, r.problem.data, r.machine ? { machine: r.machine } : {})] : [],
    )
    throw new AggregateError([
      ...problems.slice(0, 5),
      fault('Q4018', { failed: failed.length, total: waited.results.length, seconds: Math.round(waited.ms / 1000) }),
    ])
  },
})

/** From now on an etcd member without data has lost it. Written once the claims held for the first time. */
export const recordService = (session: Session): Promise<void> =>
  writeFile(session.state.served, `${new Date().toISOString()}\n`, { mode: 0o600 })
