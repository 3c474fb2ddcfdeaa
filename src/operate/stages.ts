import type { Emit, EventBody } from '../model/event.js'

export interface StageTime {
  id: string
  title: string
  ms: number
}

/** Collects how long each stage took while passing every event on. */
export const collectStages = (emit: Emit): { emit: Emit; stages: StageTime[] } => {
  const titles = new Map<string, string>()
  const stages: StageTime[] = []
  return {
    stages,
    emit: (body: EventBody) => {
      if (body.type === 'stage.started') titles.set(body.stage, body.title)
      if (body.type === 'stage.done') stages.push({ id: body.stage, title: titles.get(body.stage) ?? body.stage, ms: body.ms })
      emit(body)
    },
  }
}

/** A piece of work outside the graph of steps that is shown as a stage of its own. */
export const asStage = async <T>(emit: Emit, stage: string, title: string, work: () => Promise<T>): Promise<T> => {
  const startedMs = performance.now()
  emit({ type: 'stage.started', stage, title })
  const value = await work()
  emit({ type: 'stage.done', stage, ms: performance.now() - startedMs })
  return value
}
