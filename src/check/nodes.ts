import { podCidrOf } from '../config/pod-cidr.js'
import { type Cluster, type MachineSpec, nodes } from '../model/cluster.js'
import type { NodeFacts, Observed } from '../model/observed.js'
import { type Claim, defineClaim, type Finding, fine, judgeAll, listed, wrong } from './claim.js'

const perNode = (
  machines: readonly MachineSpec[],
  observed: Observed,
  look: (facts: NodeFacts, machine: MachineSpec) => Finding,
): Finding[] =>
  machines.map((machine) => {
    const facts = observed.nodes.find((one) => one.name === machine.name)
    return facts ? look(facts, machine) : wrong(machine.name, 'is not registered as a node')
  })

const ready = defineClaim({
  id: 'nodes/ready',
  claim: 'every machine that runs pods is a Ready node',
  needs: ['nodes'],
  judge: (cluster, observed) =>
    judgeAll(
      perNode(nodes(cluster), observed, (one) => (one.ready ? fine(one.name) : wrong(one.name, one.reason || 'not Ready'))),
      'Q5601',
      (all) => `${all.length} of ${all.length} Ready`,
    ),
})

const zoned = (cluster: Cluster): MachineSpec[] => nodes(cluster).filter((m) => m.zone)

const zones = defineClaim({
  id: 'nodes/zones',
  claim: 'every node carries the zone of the file',
  needs: ['nodes'],
  steady: true,
  applies: (cluster) => zoned(cluster).length > 0,
  judge: (cluster, observed) =>
    judgeAll(
      perNode(zoned(cluster), observed, (one, { zone = '' }) =>
        one.zone === zone ? fine(one.name) : wrong(one.name, `zone ${one.zone ?? 'missing'}, the file says ${zone}`),
      ),
      'Q5602',
      () => listed([...new Set(zoned(cluster).map((m) => m.zone ?? ''))].sort()),
    ),
})

const podSubnets = defineClaim({
  id: 'nodes/pod-subnets',
  claim: 'every node has the pod subnet that the routes lead to',
  needs: ['nodes'],
  steady: true,
  applies: (cluster) => cluster.network.plugin.kind === 'routed',
  judge: (cluster, observed) =>
    judgeAll(
      perNode(nodes(cluster), observed, (one, machine) => {
        const wanted = podCidrOf(cluster, machine)
        return one.podCidr === wanted ? fine(one.name) : wrong(one.name, `pod subnet ${one.podCidr ?? 'missing'}, routes lead to ${wanted}`)
      }),
      'Q5603',
      () => `${nodes(cluster).length} subnets of ${cluster.network.podSubnet}`,
    ),
})

export const nodeClaims: readonly Claim[] = [ready, zones, podSubnets]
