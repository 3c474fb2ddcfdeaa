import { setTimeout } from 'node:timers/promises'
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

/** Between the two looks of `confirmCluster`: longer than a collection of garbage or a burst of starting pods, shorter than patience. */
const pauseMs = 1000

/**
 * `checkCluster`, and whatever does not hold is looked at once more, a second later and with the same deadline; the second verdict counts. One late
 * answer of a busy machine is no news, and what is broken still is. Throws only the reason of the caller's signal.
 */
export const confirmCluster = async (ctx: ObserveOptions & { only?: readonly string[] }): Promise<CheckResult[]> => {
  const first = await checkCluster(ctx)
  const open = first.filter((one) => one.verdict !== 'True').map((one) => one.id)
  if (open.length === 0) return first
  await setTimeout(pauseMs, undefined, ctx.signal ? { signal: ctx.signal } : {}).catch((error: unknown) => {
    throw ctx.signal?.reason ?? error
  })
  const second = new Map((await checkCluster({ ...ctx, only: open })).map((one) => [one.id, one]))
  return first.map((one) => second.get(one.id) ?? one)
}
