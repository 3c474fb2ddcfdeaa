import { type Cluster, controlPlanes } from '../model/cluster.js'
import { type Claim, defineClaim, fine, judgeAll, listed, notSeen, wrong } from './claim.js'

/** Those of a hosted control plane have claims of their own. */
const onMachines = (cluster: Cluster): boolean => cluster.hosted === undefined

const ready = defineClaim({
  id: 'control-plane/ready',
  claim: 'every API server answers /readyz at its own address',
  needs: ['api-servers'],
  applies: onMachines,
  judge: (cluster, observed) => {
    const findings = controlPlanes(cluster).map(({ name }) => {
      const facts = observed.apiServers.find((one) => one.machine === name)
      if (!facts) return notSeen(name)
      return facts.ready ? fine(name) : wrong(name, facts.failed.length > 0 ? facts.failed.join(', ') : 'not ready')
    })
    return judgeAll(findings, 'Q5201', (all) => `${listed(all.map((one) => one.name))} ready`)
  },
})

const versions = defineClaim({
  id: 'control-plane/versions',
  claim: 'every API server runs the version of the file',
  needs: ['api-servers'],
  after: ['control-plane/ready'],
  steady: true,
  applies: onMachines,
  judge: (cluster, observed) => {
    const findings = controlPlanes(cluster).map(({ name }) => {
      const version = observed.apiServers.find((one) => one.machine === name)?.version
      if (!version) return notSeen(name, 'does not tell its version')
      return version === cluster.kubernetesVersion ? fine(name) : wrong(name, `runs ${version}, the file says ${cluster.kubernetesVersion}`)
    })
    return judgeAll(findings, 'Q5203', cluster.kubernetesVersion)
  },
})

export const controlPlaneClaims: readonly Claim[] = [ready, versions]
