import { reasonOf } from '../client/transport.js'
import { quorumOf } from '../model/cluster.js'
import { type Problem, problem } from '../model/problem.js'
import type { StepContext } from './context.js'
import type { StepWork } from './step.js'

/** What kubeadm of v1.36 asks of an etcd that it does not run (kubeadm: constants, MinExternalEtcdVersion). */
export const minimumEtcdVersion = '3.5.24'

const askMs = 4000

/** Numbers of "3.5.24" compared one after another; below 0 = a is older. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [a, b].map((text) => text.replace(/^v/, '').split(/[.-]/).map(Number))
  for (const i of [0, 1, 2]) {
    const difference = (left?.[i] || 0) - (right?.[i] || 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** What speaks against using this etcd; undefined = nothing. Asks each endpoint by itself, over TLS with the user's certificate. */
export const examineUserEtcd = async (ctx: Pick<StepContext, 'etcd' | 'signal'>): Promise<Problem | undefined> => {
  const options = { deadlineMs: askMs, ...(ctx.signal ? { signal: ctx.signal } : {}) }
  const asked = await Promise.all(
    ctx.etcd.map(async ({ machine, client }) => {
      try {
        const [status, members] = await Promise.all([client.status(options), client.memberList({ ...options, linearizable: false })])
        return { machine, status, members }
      } catch (error) {
        return { machine, why: reasonOf(error) }
      }
    }),
  )
  const silent = asked.find((one) => one.why !== undefined)
  if (silent) return problem('Q4024', { endpoint: silent.machine, reason: silent.why ?? '' })
  const seen = asked.flatMap((one) => (one.status ? [one] : []))
  for (const { machine, status, members } of seen) {
    if (compareVersions(status.version, minimumEtcdVersion) < 0)
      return problem('Q4025', { endpoint: machine, version: status.version, minimum: minimumEtcdVersion })
    const alarm = status.alarms[0]
    if (alarm) return problem('Q4026', { endpoint: machine, alarm: alarm.alarm, member: alarm.memberId })
    if (status.leaderId === '0')
      return problem('Q4027', { endpoint: machine, why: 'it has no leader', members: members.length, quorum: quorumOf(members.length) })
  }
  const clusters = new Set(seen.map((one) => one.status.clusterId))
  const [first] = seen
  if (first && clusters.size > 1)
    return problem('Q4027', {
      endpoint: first.machine,
      why: `the endpoints belong to ${clusters.size} different clusters`,
      members: 0,
      quorum: 0,
    })
  return undefined
}

/** The user's own etcd is looked at before anything is changed anywhere. */
export const checkUserEtcd: StepWork = {
  observe: async (ctx) => {
    if (ctx.etcd.length === 0) return { state: 'todo', reason: 'is asked when there are keys' }
    const found = await examineUserEtcd(ctx)
    return found ? { state: 'blocked', problem: found } : { state: 'done' }
  },
  run: async () => {},
}
