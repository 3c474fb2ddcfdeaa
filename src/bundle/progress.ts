import type { Emit } from '../model/event.js'
import { Fault, problem } from '../model/problem.js'

export type Amount = (done: number, total: number, unit: string, note?: string) => void

/**
 * Shows work as one step of progress. A step is shown from the first amount on, so that work which finds itself done is not shown at all.
 * A failure is shown and thrown on; not so one that comes from `signal`, which is somebody else's.
 */
export const shownStep = async <T>(
  emit: Emit,
  id: string,
  title: string,
  work: (amount: Amount) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const startedMs = performance.now()
  let started = false
  try {
    const value = await work((done, total, unit, note) => {
      if (!started) emit({ type: 'step.started', step: id, title })
      started = true
      emit({ type: 'step.progress', step: id, done, total, unit, ...(note ? { note } : {}) })
    })
    if (started) emit({ type: 'step.done', step: id, title, ms: performance.now() - startedMs, changed: true })
    return value
  } catch (error) {
    if (signal?.aborted) throw error
    const why = error instanceof Fault ? error.problem : problem('Q2002', { module: title, output: String(error) })
    if (started) emit({ type: 'step.failed', step: id, title, ms: performance.now() - startedMs, problem: why })
    throw error
  }
}
