import { disturbed } from './domains.js'
import type { DomainReport, DrillReport, FaultReport, ProbeResult } from './drill-report.js'
import { count, listed, milliseconds, plural, within } from './format.js'
import { controlsOf, headlineOf } from './verdict.js'

export type Tone = 'good' | 'bad' | 'open'

/** What the first screen says. */
export interface Summary {
  tone: Tone
  /** The verdict in two or three words. */
  label: string
  /** The verdict in one sentence, for somebody who reads nothing else. */
  sentence: string
  /** What it rests on, one sentence. */
  basis: string
  faults: { passed: number; failed: number; open: number; total: number }
  domains: { proven: number; disproved: number; open: number; total: number }
  acknowledgedWrites: number
  /** Faults whose history was violated. */
  unsafe: number
  controls: ReturnType<typeof controlsOf>
  /** The longest span that the headline class of any fault felt. */
  worst?: { fault: FaultReport; probe: ProbeResult }
}

const drilled = (report: DrillReport): FaultReport[] => report.faults.filter((one) => one.control === undefined)

const nameOf = (one: DomainReport): string =>
  one.kind === 'component' ? one.domain : one.kind === 'zone' ? `zone ${one.domain}` : one.domain

const someOf = (names: readonly string[]): string =>
  names.length > 4 ? listed([...names.slice(0, 3), `${names.length - 3} more`]) : listed(names)

interface Told {
  tone: Tone
  label: string
  sentence: string
}

const sentenceOf = (report: DrillReport, faults: Summary['faults'], unsafe: number, controls: Summary['controls']): Told => {
  const { name } = report.cluster
  const of = (verdict: DomainReport['verdict']): DomainReport[] => report.domains.filter((one) => one.verdict === verdict)
  const lost = of('disproved')
  const open = of('not proven')
  if (unsafe > 0)
    return {
      tone: 'bad',
      label: 'Writes not safe',
      sentence: `${name} is not safe: in ${plural(unsafe, 'fault')}, writes that it had acknowledged were lost or mixed up.`,
    }
  if (lost.length === 0 && disturbed(report.faults))
    return {
      tone: 'open',
      label: 'Not proven',
      sentence: `Nothing is proven about ${name}: requests failed without any fault, so what failed in a fault says little.`,
    }
  if (lost.length > 0) {
    const what = lost.length === 1 ? 'a single point' : `${lost.length} single points`
    return {
      tone: 'bad',
      label: 'Single point of failure',
      sentence: `${name} has ${what} of failure: without ${someOf(lost.map(nameOf))} it does not serve.`,
    }
  }
  if (faults.failed > 0)
    return {
      tone: 'bad',
      label: 'Limit broken',
      sentence: `${name} survived every loss that was drilled, but broke a limit in ${plural(faults.failed, 'fault')}.`,
    }
  if (report.domains.length === 0 || faults.passed === 0)
    return {
      tone: 'open',
      label: 'Not proven',
      sentence: `Nothing is proven about ${name}: ${faults.total === 0 ? 'no loss was drilled' : 'no fault could be judged'}.`,
    }
  if (open.length > 0)
    return {
      tone: 'open',
      label: 'Not proven',
      sentence: `${name} held in every fault that was drilled; for ${someOf(open.map(nameOf))} nothing is proven.`,
    }
  if (faults.open > 0)
    return {
      tone: 'open',
      label: 'Not proven',
      sentence: `${name} held in every fault that could be judged; ${plural(faults.open, 'fault')} could not.`,
    }
  if (controls !== 'passed')
    return {
      tone: 'open',
      label: 'Not proven',
      sentence: `${name} held in every fault, but the detector itself was not shown to work, so nothing is proven.`,
    }
  const zones = report.domains.some((one) => one.kind === 'zone')
  return {
    tone: 'good',
    label: 'High availability proven',
    sentence: `${name} survives the loss of any one machine${zones ? ' and of any one zone' : ''}, without losing a write.`,
  }
}

/** Everything that the summaries of all formats are made of. Nothing that was not evaluated counts as passed. */
export const summaryOf = (report: DrillReport): Summary => {
  const own = drilled(report)
  const having = (verdict: FaultReport['verdict']): number => own.filter((one) => one.verdict === verdict).length
  const faults = { passed: having('pass'), failed: having('fail'), open: having('not-evaluated'), total: own.length }
  const domainsHaving = (verdict: DomainReport['verdict']): number => report.domains.filter((one) => one.verdict === verdict).length
  const unsafe = report.faults.filter((one) => one.safety.verdict === 'violated').length
  const acknowledgedWrites = report.faults.reduce((sum, one) => sum + one.safety.acknowledgedWrites, 0)
  let worst: Summary['worst']
  for (const fault of own) {
    const probe = headlineOf(fault)
    if (probe && (!worst || probe.spanMs > worst.probe.spanMs)) worst = { fault, probe }
  }
  const controls = controlsOf(report.faults)
  const longest = worst
    ? worst.probe.spanMs < 0.5
      ? `; no request on a ${worst.probe.probe} failed`
      : `; the longest disturbance on a ${worst.probe.probe} was ${milliseconds(worst.probe.spanMs)} (${within(worst.fault.title)})`
    : ''
  const untold = report.faults.filter((one) => one.safety.verdict === 'unknown').length
  const safety =
    unsafe > 0
      ? `write safety was violated in ${unsafe} of them`
      : untold > 0
        ? `no acknowledged write was seen to be lost, but in ${plural(untold, 'fault')} that could not be told for certain`
        : `none of ${count(acknowledgedWrites)} acknowledged writes was lost`
  const basis = `${faults.passed} of ${plural(faults.total, 'fault')} passed; ${safety}${longest}.`
  return {
    ...sentenceOf(report, faults, unsafe, controls),
    basis,
    faults,
    domains: {
      proven: domainsHaving('proven'),
      disproved: domainsHaving('disproved'),
      open: domainsHaving('not proven'),
      total: report.domains.length,
    },
    acknowledgedWrites,
    unsafe,
    controls,
    ...(worst ? { worst } : {}),
  }
}
