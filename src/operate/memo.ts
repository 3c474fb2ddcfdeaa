export interface Memo<T> {
  (key: string): Promise<T>
  forget(key: string): void
  /** Changes an answer that is known; one that nobody asked for yet stays unknown. */
  learn(key: string, change: (value: T) => T): void
}

/** One answer per key, asked for once even by callers at the same time. A failure is not kept. */
export const memo = <T>(ask: (key: string) => Promise<T>): Memo<T> => {
  const known = new Map<string, Promise<T>>()
  const keep = (key: string, asked: Promise<T>): Promise<T> => {
    known.set(key, asked)
    asked.catch(() => {
      if (known.get(key) === asked) known.delete(key)
    })
    return asked
  }
  const get = (key: string): Promise<T> => known.get(key) ?? keep(key, ask(key))
  return Object.assign(get, {
    forget: (key: string) => void known.delete(key),
    learn: (key: string, change: (value: T) => T) => {
      const have = known.get(key)
      if (have) keep(key, have.then(change))
    },
  })
}
