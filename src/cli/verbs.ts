import type { CheckResult } from '../model/check.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import type { Observed } from '../model/observed.js'
import type { Plan } from '../model/plan.js'

/** Every verb gets these: where events go, and the signal that asks it to stop at the next safe point. */
export interface VerbOptions {
  emit: Emit
  signal: AbortSignal
}

export interface ApplyOptions extends VerbOptions {
  /** Where the bundle comes from when it is not there yet. */
  source: 'modules' | 'releases' | 'auto'
}

export interface StageTime {
  id: string
  title: string
  ms: number
}

/** What users would feel for one kind of failure; `lowMs` to `highMs` is the predicted gap, both 0 = nothing is felt. */
export interface BudgetRow {
  failure: string
  lowMs: number
  highMs: number
  /** What decides the gap: "keepalived: 3 adverts of 200 ms, then skew". */
  because: string
}

export interface ApplyResult {
  cluster: Cluster
  /** Steps that changed something. */
  changed: number
  ms: number
  stages: StageTime[]
  checks: CheckResult[]
  budget: BudgetRow[]
  kubeconfigPath: string
  /** Nothing was to be done. */
  alreadyUp: boolean
}

export interface MachineRow {
  name: string
  cluster: string
  /** `running`, `stopped`, `unreachable`, or `absent` when the file names it and nobody has made it. */
  status: 'running' | 'stopped' | 'unreachable' | 'absent'
  roles: string[]
  zone?: string
  address: string
  /** Made on this computer, or a host that exists. */
  where: 'lab' | 'host'
  /** Since it was started; absent when it does not run. */
  ageMs?: number
}

/** The verbs as functions: values in, values out, events on the way. `undefined` for the file means the built-in cluster `demo`. */
export interface Verbs {
  plan(file: string | undefined, options: VerbOptions): Promise<{ cluster: Cluster; plan: Plan }>
  up(file: string | undefined, options: ApplyOptions): Promise<ApplyResult>
  apply(file: string, options: ApplyOptions): Promise<ApplyResult>
  down(fileOrName: string | undefined, options: VerbOptions): Promise<{ removed: string[]; ms: number }>
  status(file: string | undefined, options: VerbOptions): Promise<{ cluster: Cluster; observed: Observed; checks: CheckResult[] }>
  check(file: string | undefined, options: VerbOptions): Promise<CheckResult[]>
  machines(file: string | undefined, options: VerbOptions): Promise<MachineRow[]>
  kubeconfig(file: string | undefined, options: VerbOptions): Promise<{ path: string; text: string }>
  /** Both hand this process's terminal to the program and return its exit status. */
  ssh(file: string | undefined, machine: string, command: readonly string[], options: VerbOptions): Promise<number>
  kubectl(file: string | undefined, args: readonly string[], options: VerbOptions): Promise<number>
}
