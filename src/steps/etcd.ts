import { etcdMachines, type MachineSpec } from '../model/cluster.js'
import { fault, problem } from '../model/problem.js'
import { etcdClusterToken, etcdPeerUrl, initialCluster } from '../render/etcd.js'
import type { StepContext } from './context.js'
import { joinEtcd } from './etcd-join.js'
import { agreedMembers, memberAt, promote, removeMember, strangers } from './etcd-members.js'
import { sha256, stampPath } from './stamp.js'
import type { StepWork } from './step.js'

/** Left on a machine once its member has held data: no data beside this file means lost data, never a first start. */
export const memberStamp = stampPath('etcd-member')
const dataDir = '/var/lib/etcd'
/** Exists on a member that holds data; asked for by existence only, since it grows. */
export const etcdDatabase = `${dataDir}/member/snap/db`

const memberSpec = (ctx: StepContext, machine: string): MachineSpec => {
  const self = etcdMachines(ctx.cluster).find((m) => m.name === machine)
  if (!self) throw fault('Q4001', { reason: `${machine} has no etcd role` }, { machine })
  return self
}

/**
 * Writes the member list into an empty data directory, by restoring an empty snapshot, before etcd ever starts. So every member can be
 * configured with initial-cluster-state `existing` from its first start on, and a member whose disk was wiped refuses to run
 * instead of coming up as an empty cluster that answers "ready" (etcd: membership is read from the data directory, flags are ignored).
 * All members do this at once, without talking to each other. A member of a cluster that is in service already joins it instead.
 */
export const initialiseEtcd: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const hasData = facts.files[etcdDatabase] !== undefined
    const stamped = facts.files[memberStamp] !== undefined
    if (hasData && stamped) return { state: 'done' }
    if (hasData) return { state: 'todo', reason: 'data directory is there, its stamp is not' }
    if (!(await ctx.etcdServedBefore())) {
      return stamped
        ? { state: 'blocked', problem: problem('Q4015', { dataDir }, { machine }) }
        : { state: 'todo', reason: 'no data directory yet' }
    }
    const self = memberSpec(ctx, machine)
    const agreed = await agreedMembers(ctx)
    if (!agreed) return { state: 'blocked', problem: problem('Q4022', {}, { machine }) }
    // With a vote it has taken part, and its data is lost. A learner was added, and its first start did not come to its end.
    const known = memberAt(agreed.members, self)
    if (known?.name && !known.isLearner) return { state: 'blocked', problem: problem('Q4015', { dataDir }, { machine }) }
    return { state: 'todo', reason: 'is no member yet; it joins as a learner' }
  },
  run: async (ctx, machine) => {
    const self = memberSpec(ctx, machine)
    const facts = await ctx.facts(machine)
    if (facts.files[etcdDatabase] === undefined && (await ctx.etcdServedBefore())) await joinEtcd(ctx, self, dataDir, etcdDatabase)
    // A restore that was killed leaves a partial directory under another name; the rename at the end is the act that counts.
    const script = `set -e
if [ ! -e ${etcdDatabase} ]; then
  rm -rf ${dataDir}/.restore ${dataDir}/member
  etcdutl snapshot restore /usr/local/share/quorate/empty-etcd.db --name '${machine}' --data-dir ${dataDir}/.restore \\
    --initial-cluster '${initialCluster(ctx.cluster)}' --initial-cluster-token '${etcdClusterToken(ctx.cluster)}' \\
    --initial-advertise-peer-urls '${etcdPeerUrl(self)}' >/tmp/etcd-restore.log 2>&1 || { cat /tmp/etcd-restore.log >&2; exit 1; }
  mv ${dataDir}/.restore/member ${dataDir}/member
  rm -rf ${dataDir}/.restore
  chmod 700 ${dataDir}
fi
mkdir -p ${memberStamp.slice(0, memberStamp.lastIndexOf('/'))}
echo '${machine}' > ${memberStamp}.new
mv ${memberStamp}.new ${memberStamp}
`
    await ctx.fleet.machine(machine).sh(script, { timeoutMs: 30_000 })
    ctx.learn(machine, { files: { [etcdDatabase]: 'present', [memberStamp]: sha256(`${machine}\n`) } })
  },
}

/** Only for machines that are not control planes; there, kubelet runs etcd as a static pod. */
export const startEtcd: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    return facts.units['etcd.service'] === 'active' ? { state: 'done' } : { state: 'todo', reason: 'etcd.service is not running' }
  },
  run: async (ctx, machine) => {
    // Not waited for: a member is ready only when a majority of them runs, so waiting here would wait for the others.
    await ctx.fleet
      .machine(machine)
      .sh('systemctl enable --no-reload --quiet etcd.service; systemctl start --no-block etcd.service', { timeoutMs: 30_000 })
    ctx.forget(machine)
  },
}

/** Members that came as learners are given their vote once they run. In a cluster that was never in service there are none. */
export const promoteEtcd: StepWork = {
  observe: async (ctx, machine) => {
    if (!(await ctx.etcdServedBefore())) return { state: 'done' }
    const agreed = await agreedMembers(ctx)
    if (!agreed) return { state: 'todo', reason: 'no majority of the members answers' }
    const member = memberAt(agreed.members, memberSpec(ctx, machine))
    return member && !member.isLearner ? { state: 'done' } : { state: 'todo', reason: member ? 'is a learner' : 'is no member yet' }
  },
  run: async (ctx, machine) => {
    await promote(ctx, memberSpec(ctx, machine))
  },
}

/** Members that the file no longer names are taken off the list, one at a time, when all that it names vote. Their machines are not touched. */
export const retireEtcd: StepWork = {
  observe: async (ctx) => {
    if (!(await ctx.etcdServedBefore())) return { state: 'done' }
    const agreed = await agreedMembers(ctx)
    if (!agreed) return { state: 'todo', reason: 'no majority of the members answers' }
    const left = strangers(ctx, agreed.members)
    if (left.length === 0) return { state: 'done' }
    return { state: 'todo', reason: `${left.map((one) => one.name || one.id).join(', ')} not in the file any more` }
  },
  run: async (ctx) => {
    for (;;) {
      const [next] = strangers(ctx, (await agreedMembers(ctx))?.members ?? [])
      if (!next) return
      await removeMember(ctx, next)
    }
  },
}
