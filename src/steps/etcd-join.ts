import type { MachineSpec } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { etcdClientUrl, etcdPeerUrl } from '../render/etcd.js'
import type { StepContext } from './context.js'
import { addLearner, agreedMembers, type Learner, memberAt, patiently, removeMember } from './etcd-members.js'

const unit = 'quorate-etcd-join'
const pki = '/etc/kubernetes/pki/etcd'

/**
 * Makes the data directory of a member that comes to a cluster in service: the machine is added as a learner, which has no vote, and etcd runs here once
 * with the list as it is now, until it has copied the store. Afterwards it starts like every other member, from what is in its data directory; etcd reads
 * no flag about members then. Run again after a kill at any point it goes on: the learner is on the list, its directory is made anew.
 */
export const joinEtcd = async (ctx: StepContext, machine: MachineSpec, dataDir: string, database: string): Promise<void> => {
  const { name } = machine
  const target = ctx.fleet.machine(name)
  const begun = (await target.sh(`[ -e ${dataDir}/.join/member/wal ]`, { timeoutMs: 20_000, allowFailure: true })).exit === 0
  const learner = await learnerFor(ctx, machine, begun, dataDir)
  // Next to its place and moved there when it is whole, so a kill leaves nothing that looks like a member.
  const script = `set -u
[ ! -e ${database} ] || exit 0
dir=${dataDir}/.join
systemctl stop ${unit} 2>/dev/null
systemctl reset-failed ${unit} 2>/dev/null
rm -rf ${learner.isNew ? '$dir ' : ''}${dataDir}/member
mkdir -p ${dataDir}
chmod 700 ${dataDir}
systemd-run --quiet --unit=${unit} --property=Type=exec /usr/local/bin/etcd --name=${name} --data-dir=$dir \\
  --initial-cluster='${learner.list}' --initial-cluster-state=existing \\
  --heartbeat-interval=${ctx.timing.etcd.heartbeatMs} --election-timeout=${ctx.timing.etcd.electionMs} \\
  --initial-advertise-peer-urls=${etcdPeerUrl(machine)} --listen-peer-urls=${etcdPeerUrl(machine)} \\
  --advertise-client-urls=${etcdClientUrl(machine)} --listen-client-urls=${etcdClientUrl(machine)} \\
  --client-cert-auth --trusted-ca-file=${pki}/ca.crt --cert-file=${pki}/server.crt --key-file=${pki}/server.key \\
  --peer-client-cert-auth --peer-trusted-ca-file=${pki}/ca.crt --peer-cert-file=${pki}/peer.crt --peer-key-file=${pki}/peer.key || exit 1
`
  const started = await target.sh(script, { timeoutMs: 60_000, allowFailure: true })
  if (started.exit !== 0)
    throw fault('Q4021', { what: 'starting it', reason: started.stderr.trim().slice(-400), seconds: 60 }, { machine: name })
  const own = ctx.etcd.find((one) => one.machine === name)?.client
  await patiently(ctx, name, 'copying the store', async () => {
    const agreed = await agreedMembers(ctx)
    const [mine, theirs] = await Promise.all([own?.status({ deadlineMs: 2000 }), agreed?.client.status({ deadlineMs: 2000 })])
    const known = agreed && memberAt(agreed.members, machine)
    // Its name is on the list once it has taken part.
    return mine && theirs && known?.name && mine.revision >= theirs.revision - 1000 ? true : undefined
  })
  const settle = `systemctl stop ${unit} 2>/dev/null
[ -e ${database} ] || mv ${dataDir}/.join/member ${dataDir}/member || exit 1
rm -rf ${dataDir}/.join
`
  await target.sh(settle, { timeoutMs: 60_000 })
}

/**
 * Of a learner that has taken part and lost what it copied, the others still expect what it had, and its name on the list comes later than the first of
 * that: unless its directory is there, it is taken off the list and added anew.
 */
const learnerFor = async (ctx: StepContext, machine: MachineSpec, begun: boolean, dataDir: string): Promise<Learner> => {
  const learner = await addLearner(ctx, machine)
  if (learner.isNew) return learner
  if (learner.member.name && !learner.member.isLearner) throw fault('Q4015', { dataDir }, { machine: machine.name })
  if (begun) return learner
  await removeMember(ctx, learner.member)
  return addLearner(ctx, machine)
}
