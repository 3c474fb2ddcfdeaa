import { apiServerCount, type Cluster, type MachineSpec } from '../model/cluster.js'
import type { BalancerFacts, Observed } from '../model/observed.js'
import { apiDoors, proxyPlace } from '../render/endpoint.js'
import { broken, type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, wrong } from './claim.js'

const proxies = (cluster: Cluster): MachineSpec[] => cluster.machines.filter((m) => proxyPlace(cluster, m) !== undefined)
const hasProxy = (cluster: Cluster): boolean => proxies(cluster).length > 0
/** Open-source nginx keeps what it knows of its backends to itself. */
const tellsBackends = (cluster: Cluster): boolean => hasProxy(cluster) && cluster.balancer !== 'nginx-keepalived'

const perProxy = (cluster: Cluster, observed: Observed, look: (facts: BalancerFacts) => Finding): Finding[] =>
  proxies(cluster).map(({ name }) => {
    const facts = observed.balancers.find((one) => one.machine === name)
    if (!facts) return notSeen(name)
    return facts.reachable === false ? notSeen(name, facts.error ?? 'cannot be asked') : look(facts)
  })

const running = defineClaim({
  id: 'balancer/running',
  claim: 'the proxy runs on every balancer',
  needs: ['balancers'],
  applies: hasProxy,
  judge: (cluster, observed) =>
    judgeAll(
      perProxy(cluster, observed, (one) => (one.running ? fine(one.machine) : wrong(one.machine, one.error ?? 'the proxy does not run'))),
      'Q5301',
      (all) => listed(all.map((one) => one.name)),
    ),
})

const backends = defineClaim({
  id: 'balancer/backends',
  claim: 'every balancer sees every API server up',
  needs: ['balancers'],
  after: ['control-plane/ready', 'hosted/reached', 'balancer/running'],
  applies: tellsBackends,
  judge: (cluster, observed) => {
    const wanted = cluster.hosted?.service.type === 'LoadBalancer' ? 1 : apiServerCount(cluster)
    const findings = perProxy(cluster, observed, (one) => {
      if (!one.running) return wrong(one.machine, one.error ?? 'the proxy does not run')
      // Twins without a check are the way out when all checks fail; they say nothing about the servers.
      const checked = one.backends.filter((b) => b.status !== 'no check')
      // A server stands in the backend that asks it and in the one that sends traffic there; the first row tells why it is down.
      const rows = checked.filter((b) => b.status !== 'UP')
      const names = [...new Set(rows.map((b) => b.server))]
      const down = names.flatMap(
        (name) => rows.find((b) => b.server === name && b.checkStatus) ?? rows.find((b) => b.server === name) ?? [],
      )
      // Of a hosted control plane every node of the host is asked, and those without an API server are down.
      const spare = cluster.hosted ? Math.max(0, apiDoors(cluster).length - wanted) : 0
      if (down.length > spare)
        return wrong(one.machine, down.map((b) => `${b.server} is ${b.status}${b.checkStatus ? ` (${b.checkStatus})` : ''}`).join(', '))
      if (checked.length === 0) return notSeen(one.machine, 'haproxy does not tell its backends')
      const up = new Set(checked.map((b) => b.server)).size - down.length
      return up < wanted ? wrong(one.machine, `knows ${up} API servers, the file has ${wanted}`) : fine(one.machine)
    })
    return judgeAll(findings, 'Q5302', (all) => `${wanted} of ${wanted} up on ${listed(all.map((one) => one.name))}`)
  },
})

const sameConfig = defineClaim({
  id: 'balancer/same-config',
  claim: 'all balancers have the same proxy configuration',
  needs: ['balancers'],
  steady: true,
  applies: (cluster) => proxies(cluster).length > 1,
  judge: (cluster, observed) => {
    const findings = perProxy(cluster, observed, (one) =>
      one.configSum ? fine(one.machine) : notSeen(one.machine, 'its configuration was not read'),
    )
    const sums = new Map<string, string[]>()
    for (const one of observed.balancers) if (one.configSum) sums.set(one.configSum, [...(sums.get(one.configSum) ?? []), one.machine])
    if (sums.size > 1) {
      const sorted = [...sums].sort((a, b) => a[1].length - b[1].length)
      const odd = sorted[0]?.[1][0]
      return broken('Q5303', sorted.map(([sum, names]) => `${listed(names)} ${sum.slice(0, 12)}`).join('; '), odd ? { machine: odd } : {})
    }
    return judgeAll(findings, 'Q5303', () => `sha256 ${[...sums.keys()][0]?.slice(0, 12)}`)
  },
})

export const balancerClaims: readonly Claim[] = [running, backends, sameConfig]
