import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdClient } from '../client/etcd.js'
import { reasonOf } from '../client/transport.js'
import { etcdMachines, type MachineSpec } from '../model/cluster.js'
import type { EtcdMemberFacts } from '../model/observed.js'
import { fault } from '../model/problem.js'
import { etcdPeerUrl } from '../render/etcd.js'
import type { StepContext } from './context.js'

/** A new member copies the whole store; etcd takes one learner at a time, so the last of several waits for all before it. */
const patienceMs = 300_000
const pauseMs = 500
/** Raft entries by which a learner may lag when it is given a vote; etcd itself would let it be a tenth of the log. */
const largestLag = 1000

/** The list as a majority knows it, and the member that told it. Undefined when no majority answers. */
export const agreedMembers = async (ctx: StepContext): Promise<{ client: EtcdClient; members: EtcdMemberFacts[] } | undefined> => {
  const asked = ctx.etcd.map(async ({ client }) => ({ client, members: await client.memberList({ deadlineMs: 4000 }) }))
  return Promise.any(asked).catch(() => undefined)
}

export const memberAt = (members: readonly EtcdMemberFacts[], machine: Pick<MachineSpec, 'address'>): EtcdMemberFacts | undefined =>
  members.find((one) => one.peerUrls.includes(etcdPeerUrl(machine)))

/** Tries until it works; refusals such as "unhealthy cluster" and "too many learner members" pass when others have come so far. */
export const patiently = async <T>(ctx: StepContext, machine: string, what: string, attempt: () => Promise<T | undefined>): Promise<T> => {
  const endMs = performance.now() + patienceMs
  let last: unknown
  for (;;) {
    ctx.signal?.throwIfAborted()
    try {
      const value = await attempt()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    if (performance.now() > endMs) {
      const reason = last === undefined ? 'it took too long' : reasonOf(last)
      throw fault('Q4021', { what, reason, seconds: patienceMs / 1000 }, { machine, cause: last })
    }
    await sleep(pauseMs)
  }
}

export interface Learner {
  member: EtcdMemberFacts
  /** It was not on the list before. */
  isNew: boolean
  /** All members as a joining one must name them: `a=https://...,b=...`. */
  list: string
}

/** Adds the machine as a learner unless it is one already. One that votes and has no data lost it: Fault Q4015. */
export const addLearner = (ctx: StepContext, machine: MachineSpec): Promise<Learner> =>
  patiently(ctx, machine.name, 'adding it as a learner', async () => {
    const agreed = await agreedMembers(ctx)
    if (!agreed) return undefined
    const known = memberAt(agreed.members, machine)
    const members = known ? agreed.members : (await agreed.client.memberAdd([etcdPeerUrl(machine)])).members
    const member = memberAt(members, machine)
    if (!member) return undefined
    const nameOf = (one: EtcdMemberFacts): string => (one.id === member.id ? machine.name : one.name)
    return { member, isNew: !known, list: members.flatMap((one) => one.peerUrls.map((url) => `${nameOf(one)}=${url}`)).join(',') }
  })

/** Gives a learner its vote as soon as it has what the others have. */
export const promote = (ctx: StepContext, machine: MachineSpec): Promise<true> =>
  patiently(ctx, machine.name, 'giving it a vote', async () => {
    const agreed = await agreedMembers(ctx)
    const member = agreed && memberAt(agreed.members, machine)
    if (!agreed || !member) return undefined
    if (!member.isLearner) return true
    const own = ctx.etcd.find((one) => one.machine === machine.name)?.client
    const [mine, theirs] = await Promise.all([own?.status({ deadlineMs: 2000 }), agreed.client.status({ deadlineMs: 2000 })])
    if (!mine || theirs.raftIndex - mine.raftIndex > largestLag) return undefined
    await agreed.client.memberPromote(member.id)
    return true
  })

/**
 * Asked before the member of a machine is stopped: those that are just joining are waited for, then the others must be a quorum without this one (Q4020).
 * Asked outside of a turn, since a joining member may need one to come as far. One without a vote may stop at any time.
 */
export const requireOthers = async (ctx: StepContext, machine: string): Promise<void> => {
  const self = etcdMachines(ctx.cluster).find((m) => m.name === machine)
  if (!self || !(await ctx.etcdServedBefore())) return
  const voters = async (): Promise<EtcdMemberFacts[] | undefined> => (await agreedMembers(ctx))?.members.filter((one) => !one.isLearner)
  const now = await voters()
  if (now && !memberAt(now, self)) return
  if (now) {
    await patiently(ctx, machine, 'waiting for the members that join', async () => {
      const seen = await voters()
      return seen && etcdMachines(ctx.cluster).every((m) => memberAt(seen, m)) ? true : undefined
    })
  }
  await ctx.requireQuorumWithout(machine)
}

/** Members that the file does not name (any more). */
export const strangers = (ctx: StepContext, members: readonly EtcdMemberFacts[]): EtcdMemberFacts[] =>
  members.filter((one) => !etcdMachines(ctx.cluster).some((m) => one.peerUrls.includes(etcdPeerUrl(m))))

/** Takes one member off the list. etcd itself refuses what would cost the quorum; its answer is waited for as long as it may change. */
export const removeMember = (ctx: StepContext, member: EtcdMemberFacts): Promise<true> =>
  patiently(ctx, member.name || member.id, 'taking it off the member list', async () => {
    const agreed = await agreedMembers(ctx)
    if (!agreed) return undefined
    if (agreed.members.some((one) => one.id === member.id)) await agreed.client.memberRemove(member.id)
    return true
  })
