import type { OutageBudget } from '../config/budget.js'

export type { MachineRow } from '../operate/machines.js'
export type { ApplyOptions, VerbOptions } from '../operate/options.js'
export type { StageTime } from '../operate/stages.js'
export type { ApplyResult } from '../operate/up.js'
export type BudgetRow = OutageBudget

/** The verbs as functions: values in, values out, events on the way. `undefined` for the file means the built-in cluster `demo`. */
export type Verbs = typeof import('../operate/index.js')
