export interface Memo<T> {
  (key: string): Promise<T>
  forget(key: string): void
}

/** One answer per key, asked for once even by callers at the same time. A failure is not kept. */
export const memo = <T>(ask: (key: string) => Promise<T>): Memo<T> => {
  const known = new Map<string, Promise<T>>()
  const get = (key: string): Promise<T> => {
    const have = known.get(key)
    if (have) return have
    const asked = ask(key)
    known.set(key, asked)
    asked.catch(() => known.delete(key))
    return asked
  }
  return Object.assign(get, { forget: (key: string) => void known.delete(key) })
}
