import { type Cluster, type MachineSpec, nodes, workers } from '../model/cluster.js'
import type { ProbeAnswer } from '../observe/live.js'
import { isProbe } from '../observe/probes.js'
import { type Claim, defineClaim, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

/** Where probe pods run: on workers, and where there are none, on every node. */
const probed = (cluster: Cluster): MachineSpec[] => (workers(cluster).length > 0 ? workers(cluster) : nodes(cluster))

const ready = defineClaim({
  id: 'workload/ready',
  claim: 'a probe pod is ready on every worker',
  needs: ['pods'],
  judge: (cluster, observed) => {
    const pods = observed.pods.filter(isProbe)
    if (observed.pods.length === 0) return unseen('no pod was seen')
    const findings = probed(cluster).map(({ name }) => {
      const here = pods.filter((pod) => pod.node === name)
      if (here.some((pod) => pod.ready)) return fine(name)
      const [late] = here
      return wrong(name, late ? `${late.name}: ${late.reason || late.phase || 'not ready'}` : 'no probe pod yet')
    })
    return judgeAll(findings, 'Q5801', (all) => listed(all.map((one) => one.name)))
  },
})

const reaches = (what: ProbeAnswer['what'], id: string, claim: string, code: string, applies?: (cluster: Cluster) => boolean): Claim =>
  defineClaim({
    id,
    claim,
    needs: ['probes'],
    // A question that DNS does not answer yet is worth no look, and the resolver of the probe would hang on it for 5 s.
    after: ['workload/ready', 'dns/replicas'],
    ...(applies ? { applies } : {}),
    judge: (cluster, _observed, live) => {
      if (!live.probes) return unseen('the probes were not asked')
      const findings = probed(cluster).map(({ name }) => {
        const answers = live.probes?.filter((one) => one.node === name && one.what === what) ?? []
        const bad = answers.find((one) => !one.ok)
        if (bad) return wrong(name, `${bad.target}: ${bad.detail}`)
        return answers.length > 0 ? fine(name) : notSeen(name, 'its probe was not asked')
      })
      const targets = [...new Set(live.probes.filter((one) => one.what === what).map((one) => one.target))]
      return judgeAll(findings, code, (all) => `${listed(all.map((one) => one.name))} reach ${listed(targets)}`)
    },
  })

export const workloadClaims: readonly Claim[] = [
  ready,
  reaches('name', 'workload/names', 'a pod on every worker resolves and reaches kubernetes.default', 'Q5802'),
  reaches('pod', 'workload/pods', 'a pod on every worker reaches a pod on another one', 'Q5803', (cluster) => probed(cluster).length > 1),
  reaches('service', 'workload/service', 'a pod on every worker reaches a Service', 'Q5804'),
]
