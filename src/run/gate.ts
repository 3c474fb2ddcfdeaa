import { type Cluster, etcdMachines, quorumOf } from '../model/cluster.js'
import { fault } from '../model/problem.js'

/** Answers whether the etcd member on a machine is healthy: it names a leader and takes part. */
export type MemberHealth = (machine: string) => Promise<boolean>

/**
 * The quorum gate, asked before the etcd member of a machine is stopped. Throws Fault Q4020 when the other members alone would be fewer than
 * floor(n/2)+1. A cluster that never was in service has no quorum to lose, and a single member none to keep.
 */
export const quorumGate =
  (cluster: Cluster, healthy: MemberHealth, inService: () => Promise<boolean>) =>
  async (machine: string): Promise<void> => {
    const members = etcdMachines(cluster)
    if (members.length === 1 || !members.some((m) => m.name === machine) || !(await inService())) return
    const others = members.filter((m) => m.name !== machine)
    const alive = (await Promise.all(others.map((m) => healthy(m.name).catch(() => false)))).filter(Boolean).length
    const quorum = quorumOf(members.length)
    if (alive < quorum) throw fault('Q4020', { machine, healthy: alive, members: members.length, quorum }, { machine })
  }
