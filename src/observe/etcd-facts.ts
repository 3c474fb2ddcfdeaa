import type { EtcdClient, EtcdStatus } from '../client/etcd.js'
import { reasonOf } from '../client/transport.js'
import type { EtcdFacts } from '../model/observed.js'

/** Reading a store of some GiB takes seconds. */
const leastHashMs = 10_000

interface Asked {
  deadlineMs: number
  signal?: AbortSignal
  /** Also hash every store at one revision. Reads the whole store of each member: not for a poll of a large one. */
  hash?: boolean
}

/** Leaves out what a member did not say, and a leader that it does not know. */
const factsOf = (machine: string, endpoint: string, status: EtcdStatus): EtcdFacts => ({
  machine,
  endpoint,
  reachable: true,
  memberId: status.memberId,
  clusterId: status.clusterId,
  ...(status.leaderId === '0' ? {} : { leaderId: status.leaderId }),
  raftTerm: status.raftTerm,
  raftIndex: status.raftIndex,
  revision: status.revision,
  version: status.version,
  dbSizeBytes: status.dbSizeBytes,
  dbSizeInUseBytes: status.dbSizeInUseBytes,
  ...(status.dbQuotaBytes > 0 ? { dbQuotaBytes: status.dbQuotaBytes } : {}),
  isLearner: status.isLearner,
  errors: status.errors,
  alarms: status.alarms,
})

const observeMember = async (machine: string, client: EtcdClient, { deadlineMs, signal }: Asked): Promise<EtcdFacts> => {
  const options = { deadlineMs, ...(signal ? { signal } : {}) }
  try {
    // The list as this member holds it, so that members that disagree are seen to disagree.
    const [status, members] = await Promise.all([client.status(options), client.memberList({ ...options, linearizable: false })])
    return { ...factsOf(machine, client.endpoint, status), members }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    return { machine, endpoint: client.endpoint, reachable: false, error: reasonOf(error) }
  }
}

/** Every member as it sees itself, side by side; with `hash`, a second round compares their stores at the lowest revision of all. */
export const observeEtcd = async (members: readonly { machine: string; client: EtcdClient }[], asked: Asked): Promise<EtcdFacts[]> => {
  const facts = await Promise.all(members.map(({ machine, client }) => observeMember(machine, client, asked)))
  const revisions = facts.flatMap((one) => (one.reachable && !one.isLearner && one.revision !== undefined ? [one.revision] : []))
  if (!asked.hash || revisions.length === 0) return facts
  const revision = Math.min(...revisions)
  return await Promise.all(
    facts.map(async (one, index) => {
      const client = members[index]?.client
      if (!client || !one.reachable || one.isLearner) return one
      try {
        const { hash, hashRevision, compactRevision } = await client.hashKv(revision, {
          deadlineMs: Math.max(asked.deadlineMs, leastHashMs),
          ...(asked.signal ? { signal: asked.signal } : {}),
        })
        return { ...one, hash, hashRevision, compactRevision }
      } catch {
        if (asked.signal?.aborted) throw asked.signal.reason
        // No hash is said by its absence: a compaction may have passed in between.
        return one
      }
    }),
  )
}
