import type { Cluster } from '../model/cluster.js'
import type { Live } from '../observe/live.js'
import { type ApiDoor, apiDoors } from '../render/endpoint.js'
import { type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

const dayMs = 86_400_000
/** Time enough to notice and to renew. */
const warnBeforeMs = 30 * dayMs

/** Of a hosted control plane only those nodes of the host show a certificate that have an API server; that they do is another claim's. */
const serversOf = (cluster: Cluster, { certificates = [] }: Live): ApiDoor[] =>
  apiDoors(cluster).filter(({ name }) => !cluster.hosted || certificates.some((one) => one.machine === name))

const valid = defineClaim({
  id: 'certificates/valid',
  claim: 'the certificate of every API server is valid for 30 days or more',
  needs: ['certificates'],
  after: ['control-plane/ready', 'hosted/reached'],
  steady: true,
  judge: (cluster, observed, live) => {
    if (!live.certificates) return unseen('no certificate was read')
    const nowMs = Date.parse(observed.at)
    const findings = serversOf(cluster, live).map(({ name }): Finding => {
      const seen = live.certificates?.find((one) => one.machine === name)
      if (!seen || !Number.isFinite(seen.notAfterMs - nowMs)) return notSeen(name, 'showed no certificate')
      const days = Math.floor((seen.notAfterMs - nowMs) / dayMs)
      return seen.notAfterMs - nowMs < warnBeforeMs
        ? wrong(name, days < 0 ? 'has expired' : `expires in ${days} days`)
        : fine(name, `${days} days`)
    })
    const expired = live.certificates.some((one) => one.notAfterMs < nowMs)
    return judgeAll(findings, 'Q5901', (all) => `${all.map((one) => one.text)[0]} or more left`, expired ? 'error' : 'warning')
  },
})

const names = defineClaim({
  id: 'certificates/names',
  claim: 'the certificate of every API server is valid for the endpoint and for its own address',
  needs: ['certificates'],
  after: ['control-plane/ready', 'hosted/reached'],
  steady: true,
  judge: (cluster, _observed, live) => {
    if (!live.certificates) return unseen('no certificate was read')
    const findings = serversOf(cluster, live).map(({ name, address }): Finding => {
      const seen = live.certificates?.find((one) => one.machine === name)
      if (!seen) return notSeen(name, 'showed no certificate')
      const absent = [cluster.endpoint.address, address].filter((one) => !seen.names.includes(one))
      return absent.length > 0 ? wrong(name, `lacks ${listed(absent)}`) : fine(name)
    })
    return judgeAll(findings, 'Q5902', `${cluster.endpoint.address} in all ${findings.length}`)
  },
})

export const certificateClaims: readonly Claim[] = [valid, names]
