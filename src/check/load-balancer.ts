import { type Cluster, type MachineSpec, nodes, workers } from '../model/cluster.js'
import type { PodFacts } from '../model/observed.js'
import { metallbNamespace } from '../render/metallb.js'
import { probeNamespace } from '../render/probe.js'
import { webName } from '../render/web.js'
import { broken, type Claim, defineClaim, type Finding, fine, held, judgeAll, listed, unseen, wrong } from './claim.js'

const hasPool = (cluster: Cluster): boolean => cluster.loadBalancer !== undefined
const isWeb = (pod: PodFacts): boolean => pod.namespace === probeNamespace && pod.labels['app.kubernetes.io/name'] === webName
const isPart =
  (component: string) =>
  (pod: PodFacts): boolean =>
    pod.namespace === metallbNamespace && pod.labels.component === component

/** Where ordinary pods run, and so speakers: on workers, and where there are none, on every node. */
const speaking = (cluster: Cluster): MachineSpec[] => (workers(cluster).length > 0 ? workers(cluster) : nodes(cluster))

/** Of these pods one at least is ready. */
const someReady = (name: string, pods: readonly PodFacts[], none: string): Finding => {
  if (pods.some((pod) => pod.ready)) return fine(name)
  const [late] = pods
  return wrong(name, late ? `${late.name}: ${late.reason || late.phase}` : none, late?.node ? { machine: late.node } : {})
}

const running = defineClaim({
  id: 'load-balancer/running',
  claim: 'MetalLB runs, and the web server behind the pool has its two pods, on two machines where there are two',
  needs: ['pods'],
  applies: hasPool,
  judge: (cluster, observed) => {
    if (observed.pods.length === 0) return unseen('no pod was seen')
    const places = speaking(cluster)
    const web = observed.pods.filter((pod) => isWeb(pod) && pod.ready)
    const machines = [...new Set(web.flatMap((pod) => pod.node ?? []))].sort()
    const spread = machines.length >= Math.min(2, places.length) && web.length >= 2
    return judgeAll(
      [
        someReady('controller', observed.pods.filter(isPart('controller')), 'there is no controller'),
        ...places.map(({ name }) =>
          someReady(
            name,
            observed.pods.filter((pod) => isPart('speaker')(pod) && pod.node === name),
            'no speaker yet',
          ),
        ),
        spread
          ? fine('web')
          : wrong('web', `${web.length} of 2 ready, on ${listed(machines)}`, machines[0] ? { machine: machines[0] } : {}),
      ],
      'Q5811',
      () => `${places.length} speakers; web server on ${listed(machines)}`,
    )
  },
})

const reached = defineClaim({
  id: 'load-balancer/reached',
  claim: 'a Service of type LoadBalancer is reached from outside at an address of the pool',
  needs: ['web'],
  after: ['load-balancer/running'],
  applies: hasPool,
  judge: (_cluster, _observed, { web }) => {
    if (!web) return unseen('the Service was not asked')
    const where = web.address ? `${web.address}${web.announcer ? ` (announced by ${web.announcer})` : ''}` : 'the web server'
    const data = { address: web.address ?? 'none' }
    if (!web.ok) return broken('Q5812', `${where}: ${web.detail}`, { data, ...(web.announcer ? { machine: web.announcer } : {}) })
    return held(`${where}: ${web.detail} answered`)
  },
})

export const loadBalancerClaims: readonly Claim[] = [running, reached]
