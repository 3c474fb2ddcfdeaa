import { type Cluster, etcdMachines } from '../model/cluster.js'
import type { EtcdFacts, Observed } from '../model/observed.js'
import { broken, type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

/** Names under which the members of this cluster are observed: machines of the file, or endpoints of the user's own etcd. */
const expected = (cluster: Cluster): string[] =>
  cluster.etcd.external ? cluster.etcd.external.endpoints.map((text) => new URL(text).host) : etcdMachines(cluster).map((m) => m.name)

const factsOf = (observed: Observed, name: string): EtcdFacts | undefined => observed.etcd.find((one) => one.machine === name)
const answering = (observed: Observed): EtcdFacts[] => observed.etcd.filter((one) => one.reachable)

/** A finding for each expected member; one that does not answer is not seen. */
const perMember = (cluster: Cluster, observed: Observed, look: (facts: EtcdFacts) => Finding): Finding[] =>
  expected(cluster).map((name) => {
    const facts = factsOf(observed, name)
    if (!facts) return notSeen(name)
    return facts.reachable ? look(facts) : notSeen(name, `does not answer (${facts.error ?? 'no reason'})`)
  })

const hostOf = (url: string): string => {
  try {
    return new URL(url).hostname
  } catch {
    return url
  }
}

/** The member list that one member holds, against the file. */
const listFinding = (cluster: Cluster, facts: EtcdFacts): Finding => {
  const { machine, members } = facts
  if (!members || members.length === 0 || !facts.clusterId) return notSeen(machine, 'does not tell its members')
  if (cluster.etcd.external) {
    const idle = members.find((m) => m.name === '')
    return idle ? wrong(machine, `lists member ${idle.id}, which never started`) : fine(machine)
  }
  const wanted = new Map(etcdMachines(cluster).map((m) => [m.address, m.name]))
  const seen = new Set<string>()
  for (const member of members) {
    const host = member.peerUrls.map(hostOf).find((one) => wanted.has(one))
    if (!host) return wrong(machine, `lists member ${member.name || member.id} (${member.peerUrls.join(', ')}), which is not in the file`)
    if (member.name === undefined) return notSeen(machine, 'does not tell who has started')
    if (member.name === '') return wrong(machine, `lists ${wanted.get(host)}, which never started`)
    if (seen.has(host)) return wrong(machine, `lists ${wanted.get(host)} twice`)
    seen.add(host)
  }
  const absent = [...wanted].filter(([address]) => !seen.has(address)).map(([, name]) => name)
  return absent.length > 0 ? wrong(machine, `does not list ${listed(absent)}`) : fine(machine)
}

const members = defineClaim({
  id: 'etcd/members',
  claim: 'every etcd member of the file serves in one and the same cluster',
  needs: ['etcd'],
  judge: (cluster, observed) => {
    const awake = answering(observed)
    if (awake.length === 0) return unseen('no etcd member answers')
    // With one member in sight, a silent one is not just hidden from us: it does not serve.
    const findings = expected(cluster).map((name) => {
      const facts = factsOf(observed, name)
      if (!facts) return notSeen(name)
      return facts.reachable ? listFinding(cluster, facts) : wrong(name, `does not answer (${facts.error ?? 'no reason'})`)
    })
    const ids = new Map<string, string[]>()
    for (const one of awake) if (one.clusterId) ids.set(one.clusterId, [...(ids.get(one.clusterId) ?? []), one.machine])
    if (ids.size > 1) {
      const groups = [...ids].sort((a, b) => a[1].length - b[1].length)
      const odd = groups[0]?.[1][0]
      return broken('Q5101', groups.map(([id, names]) => `${listed(names)} in cluster ${id}`).join('; '), odd ? { machine: odd } : {})
    }
    return judgeAll(findings, 'Q5101', `${listed(findings.map((f) => f.name))} in cluster ${[...ids.keys()][0]}`)
  },
})

const oneLeader = defineClaim({
  id: 'etcd/one-leader',
  claim: 'every etcd member names the same leader in the same term',
  needs: ['etcd'],
  judge: (cluster, observed) => {
    const awake = answering(observed)
    const lost = awake.filter((one) => one.memberId !== undefined && one.leaderId === undefined)
    if (lost[0]) return broken('Q5102', `${listed(lost.map((one) => one.machine))}: no leader`, { machine: lost[0].machine })
    const views = new Map<string, string[]>()
    const nameOf = (id: string | undefined) => awake.find((one) => one.memberId === id)?.machine ?? id
    for (const { leaderId, raftTerm, machine } of awake) {
      if (leaderId === undefined || raftTerm === undefined) continue
      const view = `${nameOf(leaderId)}, term ${raftTerm}`
      views.set(view, [...(views.get(view) ?? []), machine])
    }
    if (views.size > 1) {
      const sorted = [...views].sort((a, b) => a[1].length - b[1].length)
      return broken(
        'Q5102',
        sorted.map(([view, names]) => `${listed(names)} name ${view}`).join('; '),
        sorted[0]?.[1][0] ? { machine: sorted[0][1][0] } : {},
      )
    }
    const findings = perMember(cluster, observed, (one) =>
      one.leaderId === undefined || one.raftTerm === undefined ? notSeen(one.machine, 'does not tell its leader') : fine(one.machine),
    )
    return judgeAll(findings, 'Q5102', (all) => `${listed(all.map((f) => f.name))} name ${[...views.keys()][0]}`)
  },
})

const noLearner = defineClaim({
  id: 'etcd/voting',
  claim: 'every etcd member votes; none is left as a learner',
  needs: ['etcd'],
  judge: (cluster, observed) => {
    const findings = perMember(cluster, observed, (one) => {
      if (one.isLearner === undefined) return notSeen(one.machine, 'does not tell whether it votes')
      if (one.isLearner) return wrong(one.machine, 'is a learner')
      const learner = one.members?.find((m) => m.isLearner)
      if (!one.members?.every((m) => typeof m.isLearner === 'boolean')) return notSeen(one.machine, 'does not tell who votes')
      return learner ? wrong(one.machine, `lists the learner ${learner.name || learner.id}`) : fine(one.machine)
    })
    return judgeAll(findings, 'Q5103', (all) => `${all.length} of ${all.length} vote`)
  },
})

const noAlarm = defineClaim({
  id: 'etcd/no-alarm',
  claim: 'no etcd alarm is raised',
  needs: ['etcd'],
  judge: (cluster, observed) => {
    const findings = perMember(cluster, observed, (one) => {
      if (!one.alarms) return notSeen(one.machine, 'does not tell its alarms')
      const [alarm] = one.alarms
      return alarm
        ? wrong(one.machine, `alarm ${alarm.alarm} of member ${alarm.memberId}`, { data: { alarm: alarm.alarm } })
        : fine(one.machine)
    })
    return judgeAll(findings, 'Q5104', 'none')
  },
})

const equalHash = defineClaim({
  id: 'etcd/equal-hash',
  claim: 'every etcd member holds the same data: equal hash at one revision',
  needs: ['etcd-hash'],
  after: ['etcd/members', 'etcd/one-leader'],
  judge: (cluster, observed) => {
    const findings = perMember(cluster, observed, (one) =>
      one.hash === undefined ? notSeen(one.machine, 'gave no hash') : fine(one.machine),
    )
    const hashed = answering(observed).filter((one) => one.hash !== undefined)
    // Only hashes of the same span of history say anything about each other.
    const spans = new Set(hashed.map((one) => `${one.hashRevision}/${one.compactRevision}`))
    const hashes = new Map<string, string[]>()
    for (const one of hashed) hashes.set(one.hash ?? '', [...(hashes.get(one.hash ?? '') ?? []), one.machine])
    if (spans.size === 1 && hashes.size > 1) {
      const sorted = [...hashes].sort((a, b) => a[1].length - b[1].length)
      const odd = sorted[0]?.[1][0]
      return broken(
        'Q5105',
        `${sorted.map(([hash, names]) => `${listed(names)} ${hash}`).join('; ')} at revision ${hashed[0]?.hashRevision}`,
        odd ? { machine: odd } : {},
      )
    }
    if (spans.size > 1) return unseen('the history was compacted while it was hashed; look again')
    return judgeAll(findings, 'Q5105', () => `${hashed[0]?.hash} at revision ${hashed[0]?.hashRevision} on all ${hashed.length}`)
  },
})

/** Default of etcd when a member does not tell its quota. */
const defaultQuotaBytes = 2 * 1024 ** 3
const fullShare = 0.8
const mib = (bytes: number): number => Math.round(bytes / 1024 ** 2)

const space = defineClaim({
  id: 'etcd/space',
  claim: 'every etcd store is below four fifths of its quota',
  needs: ['etcd'],
  judge: (cluster, observed) => {
    const findings = perMember(cluster, observed, (one) => {
      if (one.dbSizeBytes === undefined) return notSeen(one.machine, 'does not tell its size')
      const quota = one.dbQuotaBytes ?? defaultQuotaBytes
      const text = `${mib(one.dbSizeBytes)} of ${mib(quota)} MiB`
      return one.dbSizeBytes > quota * fullShare ? wrong(one.machine, text) : fine(one.machine, text)
    })
    return judgeAll(
      findings,
      'Q5106',
      (all) => `at most ${mib(Math.max(...answering(observed).map((one) => one.dbSizeBytes ?? 0)))} MiB on ${all.length} members`,
    )
  },
})

export const etcdClaims: readonly Claim[] = [members, oneLeader, noLearner, noAlarm, equalHash, space]
