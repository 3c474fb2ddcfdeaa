import { knownVersions } from '../defaults.js'
import { doubtful, wrong } from '../finding.js'
import { nearestWord } from '../nearest.js'
import { timings } from '../timing.js'
import { listed, type Rule } from './rule.js'

export const knownVersion: Rule = ({ cluster }) => {
  const found = cluster.kubernetesVersion
  if (knownVersions.includes(found)) return []
  const hint = nearestWord(found, knownVersions) ?? knownVersions.at(-1) ?? ''
  return [wrong('Q1901', ['spec', 'kubernetesVersion'], { found, versions: listed(knownVersions), hint })]
}

export const seriousTiming: Rule = ({ cluster }) => {
  if (cluster.timing !== 'guide') return []
  const { intervalMs, fall } = timings.guide.backendCheck
  return [doubtful('Q1902', ['spec', 'timing'], { seconds: (intervalMs * fall) / 1000 })]
}
