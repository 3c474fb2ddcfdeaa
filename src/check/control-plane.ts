import { type Cluster, controlPlanes } from '../model/cluster.js'
import { type Claim, defineClaim, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

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

const registered = defineClaim({
  id: 'control-plane/registered',
  claim: 'the Service kubernetes leads to every API server and to nothing else',
  needs: ['api-addresses'],
  applies: onMachines,
  judge: (cluster, _observed, live) => {
    const seen = live.apiAddresses
    if (!seen) return unseen('the Service was not read')
    const wanted = controlPlanes(cluster)
    const findings = [
      ...wanted.map(({ name, address }) => (seen.includes(address) ? fine(name) : wrong(name, `${address} is not behind the Service`))),
      ...seen
        .filter((address) => !wanted.some((m) => m.address === address))
        .map((address) =>
          wrong(address, 'is behind the Service and is no control plane of the file', { machine: wanted[0]?.name ?? address }),
        ),
    ]
    return judgeAll(findings, 'Q5202', seen.join(', '))
  },
})

export const controlPlaneClaims: readonly Claim[] = [ready, versions, registered]
