import type { CheckResult } from '../../model/check.js'
import type { Cluster } from '../../model/cluster.js'
import type { Observed } from '../../model/observed.js'
import { table } from '../output/table.js'
import { brokenClaims, claimsLine } from './claims.js'
import { type Mark, marksOf } from './marks.js'
import { drawTopology, type Pen } from './topology.js'

export interface Look {
  cluster: Cluster
  observed: Observed
  checks: CheckResult[]
}

/** A cluster at a glance: the picture with live marks, then the claims, then what does not hold. */
export const statusLines = (look: Look, pen: Pen): string[] => {
  const { cluster, observed, checks } = look
  const { paint } = pen
  const title = `${paint.bold(cluster.name)}  ${paint.dim(`Kubernetes ${cluster.kubernetesVersion}, timing ${cluster.timing}, seen ${observed.at}`)}`
  const lines = [title, '', ...drawTopology(cluster, marksOf(cluster, observed), pen)]
  const legend = [
    `${paint.green(pen.glyphs.good)} good`,
    `${paint.yellow(pen.glyphs.warn)} to be watched`,
    `${paint.red(pen.glyphs.bad)} bad`,
    `${paint.dim(pen.glyphs.unknown)} not seen`,
  ]
  lines.push(`  ${legend.join('   ')}`)
  if (checks.length > 0) lines.push('', claimsLine(checks, pen), ...brokenClaims(checks, pen).map((line) => `  ${line}`))
  return lines
}

const statusWord = (mark: Mark | undefined): string =>
  ({ good: 'Ready', warn: 'Degraded', bad: 'NotReady', unknown: 'Unknown', plain: 'Unknown' })[mark?.level ?? 'unknown']

/** One machine a row, as kubectl prints nodes. */
export const statusTable = ({ cluster, observed }: Look): string => {
  const marks = marksOf(cluster, observed)
  const rows = cluster.machines.map((machine) => {
    const member = observed.etcd.find((one) => one.machine === machine.name)
    const server = observed.apiServers.find((one) => one.machine === machine.name)
    const node = observed.nodes.find((one) => one.name === machine.name)
    const mark = marks.machines.get(machine.name)
    const etcd = !machine.roles.includes('etcd')
      ? undefined
      : !member?.reachable
        ? '<unknown>'
        : member.memberId !== undefined && member.memberId === member.leaderId
          ? 'leader'
          : member.isLearner
            ? 'learner'
            : 'follower'
    const api = machine.roles.includes('control-plane') ? (server ? (server.ready ? 'ready' : 'not-ready') : '<unknown>') : undefined
    return [
      machine.name,
      statusWord(mark),
      machine.roles.join(','),
      machine.zone,
      machine.address,
      etcd,
      api,
      node?.kubeletVersion,
      mark?.notes.join(', '),
    ]
  })
  return table(['NAME', 'STATUS', 'ROLES', 'ZONE', 'ADDRESS', 'ETCD', 'API', 'KUBELET', 'NOTES'], rows)
}
