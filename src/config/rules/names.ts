import { type FieldPath, type Finding, pathText, wrong } from '../finding.js'
import { machinePath, type Rule } from './rule.js'

/** Why a text is no RFC 1123 label, or undefined where it is one. */
export const labelFault = (text: string): string | undefined => {
  if (text.length > 63) return `it has ${text.length} letters, and 63 are the limit`
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)) return undefined
  if (/[A-Z]/.test(text)) return 'lower case letters only'
  const odd = /[^a-z0-9-]/.exec(text)?.[0]
  return odd === undefined ? 'a letter or a digit must stand at both ends' : `"${odd}" cannot be in a name`
}

/** The nearest valid label to a text. */
export const labelFrom = (text: string, otherwise: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || otherwise

const label = (path: FieldPath, found: string, otherwise: string): Finding[] => {
  const why = labelFault(found)
  return why === undefined ? [] : [wrong('Q1101', path, { field: pathText(path), found, why, suggestion: labelFrom(found, otherwise) })]
}

export const clusterName: Rule = ({ cluster }) => label(['metadata', 'name'], cluster.name, 'demo')

export const machineNames: Rule = ({ cluster }) =>
  cluster.machines.flatMap((m, i) => label(machinePath(i, 'name'), m.name, `machine-${i + 1}`))

/** A zone becomes the value of a label, for which Kubernetes allows more than for names. */
export const zoneNames: Rule = ({ cluster }) =>
  cluster.machines.flatMap(({ zone }, i) => {
    if (zone === undefined || (zone.length <= 63 && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(zone))) return []
    const field = pathText(machinePath(i, 'zone'))
    const why = 'as a label of Kubernetes it takes up to 63 letters, digits, hyphens, dots and underscores'
    return [wrong('Q1101', machinePath(i, 'zone'), { field, found: zone, why, suggestion: labelFrom(zone, 'a') })]
  })

export const uniqueNames: Rule = ({ cluster }) =>
  cluster.machines.flatMap(({ name }, i) => {
    const first = cluster.machines.findIndex((m) => m.name === name)
    return first < i ? [wrong('Q1102', machinePath(i, 'name'), { name, other: pathText(machinePath(first)) })] : []
  })
