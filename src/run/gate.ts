import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, etcdMachines, quorumOf } from '../model/cluster.js'
import { fault } from '../model/problem.js'

/** Answers whether the etcd member on a machine is healthy: it names a leader and takes part. */
export type MemberHealth = (machine: string) => Promise<boolean>

/**
 * The quorum gate, asked before the etcd member of a machine is stopped. A member that was just started again is given `patienceMs` to catch up.
 * Throws Fault Q4020 when the other members alone would be fewer than floor(n/2)+1. A cluster that never was in service has no quorum to lose,
 * and a single member none to keep.
 */
export const quorumGate =
  (cluster: Cluster, healthy: MemberHealth, inService: () => Promise<boolean>, patienceMs = 30_000) =>
  async (machine: string): Promise<void> => {
    const members = etcdMachines(cluster)
    if (members.length === 1 || !members.some((m) => m.name === machine) || !(await inService())) return
    const others = members.filter((m) => m.name !== machine)
    const quorum = quorumOf(members.length)
    const endMs = performance.now() + patienceMs
    for (;;) {
      const alive = (await Promise.all(others.map((m) => healthy(m.name).catch(() => false)))).filter(Boolean).length
      if (alive >= quorum) return
      if (performance.now() >= endMs) throw fault('Q4020', { machine, healthy: alive, members: members.length, quorum }, { machine })
      await sleep(250)
    }
  }
