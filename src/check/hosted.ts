import { apiServerCount, type Cluster, hostedReplicas } from '../model/cluster.js'
import type { ApiServerFacts, Observed } from '../model/observed.js'
import { type HostedFacts, podsOf } from '../observe/hosted.js'
import { apiDoors } from '../render/endpoint.js'
import { hostedComponents } from '../render/hosted-names.js'
import { type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

const isHosted = (cluster: Cluster): boolean => cluster.hosted !== undefined

/** Doors behind which an API server is ready, by what the host cluster tells. */
export const servingDoors = (cluster: Cluster, facts: HostedFacts): string[] => {
  const where = podsOf(facts, 'kube-apiserver').flatMap((pod) => (pod.ready && pod.node ? [pod.node] : []))
  const doors = apiDoors(cluster).map((door) => door.name)
  return cluster.hosted?.service.type === 'LoadBalancer' ? (where.length > 0 ? doors : []) : doors.filter((name) => where.includes(name))
}

const replicas = defineClaim({
  id: 'hosted/replicas',
  claim: 'every program of the control plane has all its pods Ready, each on a node of its own',
  needs: ['hosted'],
  applies: isHosted,
  judge: (cluster, _observed, { hosted: facts }) => {
    const { hosted } = cluster
    if (!facts || !hosted) return unseen('the host cluster was not asked')
    const wanted = hostedReplicas(hosted)
    const findings = hostedComponents.map((component): Finding => {
      const pods = podsOf(facts, component)
      const ready = pods.filter((pod) => pod.ready)
      const on = [...new Set(ready.flatMap((pod) => (pod.node ? [pod.node] : [])))].sort()
      const late = pods.find((pod) => !pod.ready)
      if (ready.length < wanted)
        return wrong(
          component,
          `${ready.length} of ${wanted} Ready${late ? `; ${late.name}: ${late.reason || late.phase || 'not ready'}` : ''}`,
          {
            machine: late?.node ?? hosted.host.name,
          },
        )
      if (on.length < wanted) return wrong(component, `on ${listed(on)} only`, { machine: on[0] ?? hosted.host.name })
      return fine(component, listed(on))
    })
    return judgeAll(findings, 'Q5211', (all) => all.map((one) => `${one.name} on ${one.text}`).join('; '))
  },
})

/** One finding for each door that should be open; those about which the host tells nothing count as not seen. */
const perDoor = (cluster: Cluster, observed: Observed, facts: HostedFacts, look: (seen: ApiServerFacts) => Finding): Finding[] => {
  const doors = servingDoors(cluster, facts)
  const wanted = Math.min(apiServerCount(cluster), apiDoors(cluster).length)
  const few = doors.length < wanted ? [notSeen(cluster.hosted?.host.name ?? '', `tells of ${doors.length} API servers, not ${wanted}`)] : []
  const findings = doors.map((name) => {
    const seen = observed.apiServers.find((one) => one.machine === name)
    return seen ? look(seen) : notSeen(name)
  })
  return [...findings, ...few]
}

const reached = defineClaim({
  id: 'hosted/reached',
  claim: 'an API server answers /readyz at every node of the host cluster that has one',
  needs: ['hosted', 'api-servers'],
  after: ['hosted/replicas'],
  applies: isHosted,
  judge: (cluster, observed, { hosted: facts }) => {
    if (!facts) return unseen('the host cluster was not asked')
    const findings = perDoor(cluster, observed, facts, ({ machine, endpoint, ready, failed }) =>
      ready ? fine(machine) : wrong(machine, `${endpoint}: ${failed.join(', ') || 'not ready'}`),
    )
    return judgeAll(findings, 'Q5212', (all) => `${listed(all.map((one) => one.name))} ready`)
  },
})

const versions = defineClaim({
  id: 'hosted/versions',
  claim: 'every API server in the host cluster runs the version of the file',
  needs: ['hosted', 'api-servers'],
  after: ['hosted/reached'],
  steady: true,
  applies: isHosted,
  judge: (cluster, observed, { hosted: facts }) => {
    if (!facts) return unseen('the host cluster was not asked')
    const findings = perDoor(cluster, observed, facts, ({ machine, version }) => {
      if (!version) return notSeen(machine, 'does not tell its version')
      return version === cluster.kubernetesVersion
        ? fine(machine)
        : wrong(machine, `runs ${version}, the file says ${cluster.kubernetesVersion}`)
    })
    return judgeAll(findings, 'Q5203', cluster.kubernetesVersion)
  },
})

const budgets = defineClaim({
  id: 'hosted/budgets',
  claim: 'a drain in the host cluster takes one pod of each program at a time',
  needs: ['hosted'],
  after: ['hosted/replicas'],
  steady: true,
  applies: isHosted,
  judge: (cluster, _observed, { hosted: facts }) => {
    if (!facts) return unseen('the host cluster was not asked')
    const machine = cluster.hosted?.host.name ?? ''
    const findings = hostedComponents.map((name) =>
      facts.budgets.includes(name) ? fine(name) : wrong(name, 'has no PodDisruptionBudget', { machine }),
    )
    return judgeAll(findings, 'Q5213', (all) => listed(all.map((one) => one.name)))
  },
})

const address = defineClaim({
  id: 'hosted/address',
  claim: 'the load balancer of the host cluster has given the API servers their address',
  needs: ['hosted'],
  applies: (cluster) => cluster.hosted?.service.type === 'LoadBalancer',
  judge: (cluster, _observed, { hosted: facts }) => {
    const service = cluster.hosted?.service
    if (!facts || service?.type !== 'LoadBalancer') return unseen('the host cluster was not asked')
    const machine = cluster.hosted?.host.name ?? ''
    const given = facts.addresses.includes(service.address)
    const findings = [given ? fine(service.address) : wrong(service.address, `has ${listed(facts.addresses)}`, { machine })]
    return judgeAll(findings, 'Q5214', service.address)
  },
})

export const hostedClaims: readonly Claim[] = [replicas, address, reached, versions, budgets]
