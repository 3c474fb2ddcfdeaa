import type { ClusterSummary, Domain, DomainReport, FaultReport } from './drill-report.js'

/** Every machine, and every zone if there are two or more. Components are added by who knows what runs. */
export const domainsOf = (cluster: ClusterSummary, components: readonly string[] = []): Domain[] => {
  const zones = [...new Set(cluster.machines.map((one) => one.zone).filter((zone) => zone !== undefined))].sort()
  return [
    ...cluster.machines.map((one): Domain => ({ kind: 'machine', name: one.name })),
    ...(zones.length > 1 ? zones.map((name): Domain => ({ kind: 'zone', name })) : []),
    ...components.map((name): Domain => ({ kind: 'component', name })),
  ]
}

/** Requests failed although nothing was broken: an outage seen in this run may be noise, a lost write is none. */
export const disturbed = (faults: readonly FaultReport[]): boolean =>
  faults.some((one) => one.control === 'must-hold' && one.reasons.some((why) => why.kind === 'control-disturbed'))

const label = (fault: FaultReport): string => `${fault.title} (${fault.victim.machines.join(', ') || fault.victim.role})`

/**
 * Whether the loss of each domain is survived. `disproved`: service stayed away until the domain was back (in a run
 * that was quiet without a fault), or a write was not safe.
 * `proven`: it was lost at least once, and every fault in which it was lost passed. Anything between, late or not tried, is
 * `not proven`: the loss of one machine says nothing about its twin.
 */
export const judgeDomains = (domains: readonly Domain[], faults: readonly FaultReport[]): DomainReport[] => {
  const noisy = disturbed(faults)
  return domains.map(({ kind, name }) => {
    const own = faults.filter((one) => one.control === undefined && one.domains.some((lost) => lost.kind === kind && lost.name === name))
    const common = { domain: name, kind, faults: own.map((one) => one.id) }
    const fatal = own.filter((one) =>
      one.reasons.some((why) => (why.kind === 'service-never-returned' && !noisy) || why.kind === 'safety-violated'),
    )
    const saysOf = (some: readonly FaultReport[]): string[] =>
      some.map((one) => `${label(one)}: ${one.reasons.map((why) => why.says).join('; ') || one.verdict}`)
    if (fatal.length > 0) return { ...common, verdict: 'disproved', because: saysOf(fatal) }
    if (own.length === 0) return { ...common, verdict: 'not proven', because: ['it was not lost in this drill'] }
    const open = own.filter((one) => one.verdict !== 'pass')
    if (open.length > 0) return { ...common, verdict: 'not proven', because: saysOf(open) }
    return { ...common, verdict: 'proven', because: own.map((one) => `${label(one)}: survived`) }
  })
}
