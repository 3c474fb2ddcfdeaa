import { nodes } from '../model/cluster.js'
import type { Observed, PodFacts } from '../model/observed.js'
import { dnsReplicasOf } from '../render/coredns.js'
import { broken, type Claim, defineClaim, held, listed, unseen } from './claim.js'

/** The label under which CoreDNS has always run, kept from kube-dns. */
const dnsLabels: Readonly<Record<string, string>> = { 'k8s-app': 'kube-dns' }

const dnsPods = (observed: Observed): PodFacts[] =>
  observed.pods.filter((pod) => pod.namespace === 'kube-system' && pod.labels['k8s-app'] === 'kube-dns')

const replicas = defineClaim({
  id: 'dns/replicas',
  claim: 'CoreDNS is ready in all its replicas, on at least two machines',
  needs: ['pods'],
  judge: (cluster, observed) => {
    const wanted = dnsReplicasOf(cluster)
    const pods = dnsPods(observed)
    const good = pods.filter((pod) => pod.ready)
    const machines = [...new Set(good.flatMap((pod) => (pod.node ? [pod.node] : [])))].sort()
    const late = pods.find((pod) => !pod.ready)
    const where = late?.node ? { machine: late.node } : {}
    if (observed.pods.length === 0) return unseen('no pod was seen')
    if (good.length < wanted) {
      const why = late ? `; ${late.name}: ${late.reason ?? late.phase}` : ''
      return broken('Q5701', `${good.length} of ${wanted} ready${why}`, where)
    }
    if (machines.length < Math.min(2, wanted, nodes(cluster).length))
      return broken('Q5701', `all replicas run on ${listed(machines)}`, machines[0] ? { machine: machines[0] } : {})
    return held(`${good.length} on ${listed(machines)}`)
  },
})

const budget = defineClaim({
  id: 'dns/budget',
  claim: 'a PodDisruptionBudget keeps CoreDNS running while machines are drained',
  needs: ['budgets'],
  steady: true,
  applies: (cluster) => dnsReplicasOf(cluster) > 1,
  judge: (_cluster, _observed, live) => {
    if (!live.budgets) return unseen('the budgets were not read')
    const match = live.budgets.find((one) => {
      const labels = Object.entries(one.matchLabels)
      return labels.length > 0 && labels.every(([key, value]) => dnsLabels[key] === value)
    })
    return match ? held(match.name) : broken('Q5702', `none of ${live.budgets.length} budgets in kube-system selects CoreDNS`)
  },
})

export const dnsClaims: readonly Claim[] = [replicas, budget]
