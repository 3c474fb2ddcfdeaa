import { type Cluster, controlPlanes, nodes } from '../model/cluster.js'
import { apiAddressesOfPods } from '../render/endpoint.js'
import { type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, unseen, wrong } from './claim.js'

/** Where the way to the API is not ours, or is one for each node: with a virtual IP the balancers are looked at instead. */
const ownWays = (cluster: Cluster): boolean => cluster.balancer === 'external' || cluster.balancer === 'node-local'

const everyTime = defineClaim({
  id: 'endpoint/from-nodes',
  claim: 'every node reaches the API by its own way, each time it connects',
  needs: ['entries'],
  after: ['control-plane/ready', 'hosted/reached'],
  applies: ownWays,
  judge: (cluster, _observed, { entries }) => {
    if (!entries) return unseen('the nodes were not asked')
    const findings = nodes(cluster).map(({ name, roles }): Finding => {
      const seen = entries.find((one) => one.node === name)
      if (!seen || !(seen.tries > 0)) return notSeen(name, seen?.error ?? 'was not asked')
      if (!(seen.failed >= 0)) return notSeen(name, 'does not tell')
      if (seen.failed === 0) return fine(name)
      const text = `${seen.failed} of ${seen.tries} connections failed (${seen.error ?? 'no answer'})`
      const hairpin =
        cluster.balancer === 'external' && roles.includes('control-plane') && seen.failed < seen.tries && !seen.servers.includes(name)
      return wrong(name, hairpin ? `${text}; it never reached itself, so the balancer does not hairpin` : text)
    })
    return judgeAll(findings, 'Q5405', (all) => `${listed(all.map((one) => one.name))}, ${entries[0]?.tries} connections each`)
  },
})

const everyServer = defineClaim({
  id: 'endpoint/all-servers',
  claim: 'the balancer leads to every API server of the file and to nobody else',
  needs: ['entries'],
  after: ['control-plane/ready', 'endpoint/from-nodes'],
  applies: (cluster) => cluster.balancer === 'external',
  judge: (cluster, _observed, { entries }) => {
    if (!entries) return unseen('the nodes were not asked')
    const asked = entries.filter((one) => one.tries > one.failed)
    if (asked.length < nodes(cluster).length)
      return unseen(`${listed(asked.map((one) => one.node))} of ${nodes(cluster).length} nodes were led anywhere`)
    const seen = new Set(asked.flatMap((one) => one.servers))
    const known = controlPlanes(cluster).map((m) => m.name)
    const findings = [
      ...known.map((name) => (seen.has(name) ? fine(name) : wrong(name, 'was never led to'))),
      ...[...seen]
        .filter((name) => !known.includes(name))
        .map((name) => wrong(name, 'answers behind the balancer', { machine: known[0] ?? name })),
    ]
    return judgeAll(findings, 'Q5406', (all) => listed(all.map((one) => one.name)))
  },
})

const fromPods = defineClaim({
  id: 'endpoint/from-pods',
  claim: 'the Service kubernetes leads pods to the API and to nothing else',
  needs: ['api-addresses'],
  judge: (cluster, _observed, live) => {
    const seen = live.apiAddresses
    if (!seen) return unseen('the Service was not read')
    const wanted = apiAddressesOfPods(cluster)
    const planes = controlPlanes(cluster)
    const machineOf = (address: string): string =>
      (planes.find((m) => m.address === address) ?? planes[0] ?? cluster.hosted?.host)?.name ?? address
    const findings = [
      ...wanted.map((one) => (seen.includes(one) ? fine(one) : wrong(one, 'is not behind the Service', { machine: machineOf(one) }))),
      ...seen
        .filter((one) => !wanted.includes(one))
        .map((one) => wrong(one, `is behind the Service, which should lead to ${listed(wanted)}`, { machine: machineOf(one) })),
    ]
    return judgeAll(findings, 'Q5202', seen.join(', '))
  },
})

export const wayClaims: readonly Claim[] = [everyTime, everyServer, fromPods]
