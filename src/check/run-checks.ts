import type { CheckResult } from '../model/check.js'
import type { Observed } from '../model/observed.js'
import { lookAtParts, type ObserveOptions } from '../observe/cluster-facts.js'
import type { Part } from '../observe/parts.js'
import type { Claim } from './claim.js'
import { claimsOf } from './claims.js'

/** Hashing reports everything that asking for status does, so one of the two is enough. */
export const partsFor = (wanted: readonly Claim[]): Part[] => {
  const needed = new Set(wanted.flatMap((one) => one.needs))
  if (needed.has('etcd-hash')) needed.delete('etcd')
  return [...needed]
}

export interface Examined {
  observed: Observed
  results: CheckResult[]
}

/**
 * Looks once at everything and judges every claim that applies to this cluster. Never throws because something is down; throws only
 * the reason of the caller's signal. `only` keeps claims whose id starts with one of these.
 */
export const examineCluster = async (ctx: ObserveOptions & { only?: readonly string[] }): Promise<Examined> => {
  const wanted = claimsOf(ctx.cluster).filter(
    (one) => !ctx.only || ctx.only.some((prefix) => one.id === prefix || one.id.startsWith(`${prefix}/`)),
  )
  const parts = partsFor(wanted)
  // Leases are judged by the clocks of the machines, strangers with the virtual IP are found on all of them.
  const { observed, live } = await lookAtParts(ctx, wanted.length > 0 ? [...new Set<Part>(['machines', ...parts])] : [])
  return { observed, results: wanted.map((one) => one.evaluate(ctx.cluster, observed, live)) }
}

/** The verdicts of `examineCluster` alone. */
export const checkCluster = async (ctx: ObserveOptions & { only?: readonly string[] }): Promise<CheckResult[]> =>
  (await examineCluster(ctx)).results
