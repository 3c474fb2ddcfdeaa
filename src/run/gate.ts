import { type Cluster, etcdMachines, quorumOf } from '../model/cluster.js'
import { type Problem, problem } from '../model/problem.js'
import type { Step } from '../steps/step.js'

/** Answers whether the etcd member on a machine is healthy: it names a leader and takes part. */
export type MemberHealth = (machine: string) => Promise<boolean>

/**
 * The quorum gate. A step that may stop the etcd member of its machine is refused when the other members alone would be fewer than
 * floor(n/2)+1. It does not ask about a cluster that never was in service: there is no quorum to lose yet.
 */
export const quorumGate =
  (cluster: Cluster, healthy: MemberHealth, inService: () => Promise<boolean>) =>
  async (step: Step): Promise<Problem | undefined> => {
    const members = etcdMachines(cluster)
    if (!members.some((m) => m.name === step.machine) || !(await inService())) return undefined
    const others = members.filter((m) => m.name !== step.machine)
    const alive = (await Promise.all(others.map((m) => healthy(m.name)))).filter(Boolean).length
    const quorum = quorumOf(members.length)
    if (alive >= quorum || members.length === 1) return undefined
    const data = { machine: step.machine ?? '', healthy: alive, members: members.length, quorum }
    return problem('Q4020', data, step.machine ? { machine: step.machine } : {})
  }
