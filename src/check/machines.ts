import type { Cluster } from '../model/cluster.js'
import type { MachineFacts, Observed } from '../model/observed.js'
import { broken, type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, wrong } from './claim.js'

const perMachine = (cluster: Cluster, observed: Observed, look: (facts: MachineFacts) => Finding): Finding[] =>
  cluster.machines.map(({ name }) => {
    const facts = observed.machines.find((one) => one.machine === name)
    if (!facts) return notSeen(name)
    return facts.reachable ? look(facts) : notSeen(name, facts.error ?? 'does not answer')
  })

const reachable = defineClaim({
  id: 'machines/reachable',
  claim: 'every machine of the file answers',
  needs: ['machines'],
  steady: true,
  judge: (cluster, observed) => {
    const findings = cluster.machines.map(({ name }) => {
      const facts = observed.machines.find((one) => one.machine === name)
      if (!facts) return notSeen(name)
      return facts.reachable ? fine(name) : wrong(name, facts.error ?? 'does not answer')
    })
    return judgeAll(findings, 'Q5951', (all) => `${all.length} of ${all.length}`)
  },
})

/** Leases, certificates and logs are dated by the machines' own clocks. */
const largestSkewMs = 500

const clocks = defineClaim({
  id: 'machines/clocks',
  claim: `the clocks of the machines differ by less than ${largestSkewMs} ms`,
  needs: ['machines'],
  steady: true,
  judge: (cluster, observed) => {
    const findings = perMachine(cluster, observed, (one) =>
      Number.isFinite(one.clockSkewMs) ? fine(one.machine) : notSeen(one.machine, 'has no clock'),
    )
    const known = observed.machines.filter((one) => one.reachable).sort((a, b) => a.clockSkewMs - b.clockSkewMs)
    const [slow, fast] = [known[0], known.at(-1)]
    const spread = slow && fast ? fast.clockSkewMs - slow.clockSkewMs : 0
    if (slow && fast && spread >= largestSkewMs) {
      // The one that is farther from our own clock is more likely the wrong one.
      const odd = Math.abs(fast.clockSkewMs) > Math.abs(slow.clockSkewMs) ? fast : slow
      return broken('Q5952', `${fast.machine} is ${spread} ms ahead of ${slow.machine}`, { machine: odd.machine })
    }
    return judgeAll(findings, 'Q5952', `within ${spread} ms`)
  },
})

const leastFreeBytes = 2 * 1024 ** 3
const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`

const disk = defineClaim({
  id: 'machines/disk',
  claim: `every machine has ${gib(leastFreeBytes)} or more free where data is kept`,
  needs: ['machines'],
  steady: true,
  judge: (cluster, observed) => {
    const findings = perMachine(cluster, observed, (one) => {
      // A full disk says 0 as well; a machine that told nothing has no memory either.
      if (!(one.diskFreeBytes >= 0) || (one.diskFreeBytes === 0 && one.memoryBytes === 0))
        return notSeen(one.machine, 'does not tell its free space')
      return one.diskFreeBytes < leastFreeBytes ? wrong(one.machine, `${gib(one.diskFreeBytes)} free`) : fine(one.machine)
    })
    const known = observed.machines.filter((one) => one.reachable)
    return judgeAll(findings, 'Q5953', () => `${gib(Math.min(...known.map((one) => one.diskFreeBytes)))} free on ${listed(leastOf(known))}`)
  },
})

const leastOf = (known: readonly MachineFacts[]): string[] =>
  [...known]
    .sort((a, b) => a.diskFreeBytes - b.diskFreeBytes)
    .slice(0, 1)
    .map((one) => one.machine)

export const machineClaims: readonly Claim[] = [reachable, clocks, disk]
