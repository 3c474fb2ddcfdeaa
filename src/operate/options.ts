import type { Emit } from '../model/event.js'

/** Every verb gets these: where events go, and the signal that asks it to stop at the next safe point. */
export interface VerbOptions {
  emit: Emit
  signal: AbortSignal
}

export interface ApplyOptions extends VerbOptions {
  /** Where the bundle comes from when it is not in the cache yet. */
  source: 'modules' | 'releases' | 'auto'
}
