import type { Cluster } from '../../model/cluster.js'
import type { FieldPath, Finding } from '../finding.js'
import type { Wire } from '../v1alpha1.js'

/** What a rule looks at: the cluster with all defaults, and the file as it was written. */
export interface Subject {
  cluster: Cluster
  wire: Wire
}

/** One rule across fields. Values that another rule has already found unreadable are passed over, so that one mistake is told once. */
export type Rule = (subject: Subject) => Finding[]

export const machinePath = (index: number, ...rest: readonly (string | number)[]): FieldPath => ['spec', 'machines', index, ...rest]

/** `cp-1, cp-2 and cp-3`. */
export const listed = (names: readonly string[], last: 'and' | 'or' = 'and'): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`
