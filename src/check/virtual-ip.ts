import { balancers, hasVirtualIp } from '../model/cluster.js'
import { broken, type Claim, defineClaim, held, listed, unseen } from './claim.js'

const oneHolder = defineClaim({
  id: 'virtual-ip/one-holder',
  claim: 'exactly one machine holds the virtual IP, and it is a balancer',
  needs: ['balancers'],
  applies: hasVirtualIp,
  judge: (cluster, observed) => {
    const { virtualIpHolders: holders } = observed
    const address = cluster.endpoint.address
    const known = balancers(cluster).map((m) => m.name)
    if (holders.length > 1) return broken('Q5402', `${listed(holders)} hold ${address}`, { machine: holders[1] ?? '', data: { address } })
    const [holder] = holders
    if (holder && !known.includes(holder)) return broken('Q5403', `${holder} holds ${address}`, { machine: holder, data: { address } })
    // One who could not be asked may hold it as well, or instead.
    const hidden = known.filter((name) => {
      const facts = observed.balancers.find((one) => one.machine === name)
      return !facts || facts.reachable === false
    })
    if (hidden.length > 0) return unseen(`${listed(hidden)} could not be asked${holder ? `; ${holder} holds ${address}` : ''}`, hidden[0])
    if (!holder) return broken('Q5401', `nobody holds ${address}`, { machine: known[0] ?? '', data: { address } })
    return held(`${holder} holds ${address}`)
  },
})

const answers = defineClaim({
  id: 'endpoint/answers',
  claim: 'the API answers /readyz through the endpoint',
  needs: ['endpoint'],
  judge: (cluster, { endpoint }) => {
    const where = `${cluster.endpoint.address}:${cluster.endpoint.port}`
    if (!endpoint) return unseen(`${where} was not asked`)
    if (!endpoint.ready) return broken('Q5404', `${where}: ${endpoint.error ?? 'not ready'}`, { data: { endpoint: where } })
    return held(`${where}${endpoint.latencyMs === undefined ? '' : ` in ${endpoint.latencyMs} ms`}`)
  },
})

export const entryClaims: readonly Claim[] = [oneHolder, answers]
