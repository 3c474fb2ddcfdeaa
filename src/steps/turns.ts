import type { Turn } from './context.js'

/** Hands out turns: work of one kind is done on one machine after another, in the order in which it was asked for. */
export const makeTurns = (): (<T>(turn: Turn, work: () => Promise<T>) => Promise<T>) => {
  const last = new Map<Turn, Promise<unknown>>()
  return (turn, work) => {
    const mine = (last.get(turn) ?? Promise.resolve()).then(work, work)
    last.set(
      turn,
      mine.catch(() => undefined),
    )
    return mine
  }
}
