import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import type { Problem } from '../model/problem.js'
import type { Verbs } from './verbs.js'

export interface InitOptions {
  name: string
  controlPlanes: number
  workers: number
  balancers: number
  zones: number
}

/** One field of the cluster file, as `config explain` and docs/reference/fields.md show it. */
export interface FieldRow {
  path: string
  type: string
  default: string
  about: string
}

/** What the command line asks of config/. */
export interface ConfigVerbs {
  initText(options: InitOptions): string
  read(file: string): Promise<{ cluster?: Cluster; problems: Problem[] }>
  /** The file with every default written out, as YAML. */
  defaults(file: string | undefined): Promise<string>
  fields(): Promise<FieldRow[]>
  schema(): Promise<unknown>
}

export interface BundleRow {
  name: string
  version: string
  kind: string
  source: string
  sizeBytes?: number
  digest?: string
  present: boolean
}

export interface BundleBuild {
  emit: Emit
  signal: AbortSignal
  source: 'modules' | 'releases' | 'auto'
}

/** What the command line asks of bundle/. */
export interface BundleVerbs {
  build(options: BundleBuild): Promise<{ path: string; items: BundleRow[]; ms: number; built: number }>
  list(): Promise<BundleRow[]>
  verify(options: { emit: Emit; signal: AbortSignal }): Promise<{ checked: number; problems: Problem[] }>
  exportTo(file: string, options: { emit: Emit; signal: AbortSignal }): Promise<{ path: string; sizeBytes: number }>
  importFrom(file: string, options: { emit: Emit; signal: AbortSignal }): Promise<{ items: number }>
}

/** How commands reach what is heavy: each part is imported when a command first asks for it. */
export interface Loaders {
  verbs(): Promise<Verbs>
  config(): Promise<ConfigVerbs>
  bundle(): Promise<BundleVerbs>
}

export const loaders: Loaders = {
  verbs: () => import('../operate/index.js'),
  config: () => import('./adapt/config.js'),
  bundle: () => import('./adapt/bundle.js'),
}
