import { type Problem, problem } from '../model/problem.js'

export type FieldPath = readonly (string | number)[]

/** A problem and the field that it sits in; load.ts turns the field into a line and a column. */
export interface Finding {
  problem: Problem
  path: FieldPath
  /** Point at the name of the field, not at its value. */
  atKey?: boolean
  /** The field that a misspelt name stands for. */
  meant?: FieldPath
}

export const wrong = (code: string, path: FieldPath, data: Problem['data'] = {}): Finding => ({ problem: problem(code, data), path })

export const doubtful = (code: string, path: FieldPath, data: Problem['data'] = {}): Finding => ({
  problem: problem(code, data, { severity: 'warning' }),
  path,
})

/** `spec.machines[2].address`, as messages show it. */
export const pathText = (path: FieldPath): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
