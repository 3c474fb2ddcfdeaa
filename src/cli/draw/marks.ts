import type { Cluster, MachineSpec } from '../../model/cluster.js'
import type { Observed } from '../../model/observed.js'

export type Level = 'plain' | 'good' | 'warn' | 'bad' | 'unknown'

export interface Mark {
  level: Level
  /** Short, at most about 22 letters each. */
  notes: string[]
}

export interface Marks {
  machines: ReadonlyMap<string, Mark>
  endpoint: Mark
}

const order: readonly Level[] = ['plain', 'good', 'unknown', 'warn', 'bad']
const worse = (a: Level, b: Level): Level => (order.indexOf(a) >= order.indexOf(b) ? a : b)

/** Marks for a cluster that was not looked at. */
export const plainMarks = (cluster: Cluster): Marks => ({
  machines: new Map(cluster.machines.map((machine) => [machine.name, { level: 'plain', notes: [] }])),
  endpoint: { level: 'plain', notes: [] },
})

const judge = (machine: MachineSpec, seen: Observed, leader: string | undefined): Mark => {
  const mark: Mark = { level: 'good', notes: [] }
  const say = (level: Level, ...notes: string[]) => {
    mark.level = worse(mark.level, level)
    mark.notes.push(...notes)
  }
  const facts = seen.machines.find((one) => one.machine === machine.name)
  if (!facts) say('unknown')
  else if (!facts.reachable) {
    say('bad', 'unreachable')
    return mark
  }
  if (machine.roles.includes('balancer')) {
    const balancer = seen.balancers.find((one) => one.machine === machine.name)
    if (!balancer) say('unknown')
    else if (!balancer.running) say('bad', 'proxy stopped')
    else {
      const down = balancer.backends.filter((one) => one.status.startsWith('DOWN'))
      if (down.length > 0) say('warn', `${down.length} of ${balancer.backends.length} backends down`)
    }
    if (seen.virtualIpHolders.includes(machine.name)) say('good', 'has the virtual IP')
  }
  if (machine.roles.includes('etcd')) judgeMember(machine, seen, leader, say)
  if (machine.roles.includes('control-plane')) {
    const server = seen.apiServers.find((one) => one.machine === machine.name)
    if (!server) say('unknown')
    else if (!server.ready) say('bad', 'API server not ready')
  }
  if (machine.roles.includes('control-plane') || machine.roles.includes('worker')) {
    const node = seen.nodes.find((one) => one.name === machine.name)
    if (!node) say(seen.nodes.length > 0 ? 'bad' : 'unknown', ...(seen.nodes.length > 0 ? ['not a node yet'] : []))
    else {
      if (!node.ready) say('bad', 'node not ready')
      if (node.unschedulable) say('warn', 'cordoned')
    }
  }
  return mark
}

const judgeMember = (machine: MachineSpec, seen: Observed, leader: string | undefined, say: (level: Level, ...notes: string[]) => void) => {
  const member = seen.etcd.find((one) => one.machine === machine.name)
  if (!member) return say('unknown')
  if (!member.reachable) return say('bad', 'etcd silent')
  if (member.isLearner) say('warn', 'etcd learner')
  if (member.alarms && member.alarms.length > 0) say('bad', `etcd alarm ${member.alarms[0]?.alarm ?? ''}`.trim())
  if (leader !== undefined && member.memberId === leader) say('good', 'etcd leader')
}

/** The leader that most members name. */
const leaderOf = (seen: Observed): string | undefined => {
  const votes = new Map<string, number>()
  for (const member of seen.etcd) if (member.leaderId) votes.set(member.leaderId, (votes.get(member.leaderId) ?? 0) + 1)
  return [...votes.entries()].sort((a, b) => b[1] - a[1])[0]?.[0]
}

/** What one look says about each machine and the endpoint, as marks for the drawing. What could not be seen is `unknown`, never `good`. */
export const marksOf = (cluster: Cluster, seen: Observed): Marks => {
  const leader = leaderOf(seen)
  const endpoint: Mark = !seen.endpoint
    ? { level: 'unknown', notes: ['not asked'] }
    : seen.endpoint.ready
      ? {
          level: 'good',
          notes: seen.endpoint.latencyMs === undefined ? ['answers'] : [`answers in ${Math.round(seen.endpoint.latencyMs)} ms`],
        }
      : { level: 'bad', notes: [seen.endpoint.error ?? 'does not answer'] }
  return { machines: new Map(cluster.machines.map((machine) => [machine.name, judge(machine, seen, leader)])), endpoint }
}
