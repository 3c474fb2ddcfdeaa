/**
 * Runs several pieces of work side by side. When one fails, the others are told to stop and waited for, so that nothing goes on working behind the
 * caller's back; then the first failure is thrown.
 */
export const together = async <T extends readonly Promise<unknown>[]>(
  outer: AbortSignal | undefined,
  begin: (signal: AbortSignal) => T,
): Promise<{ -readonly [N in keyof T]: Awaited<T[N]> }> => {
  const stop = new AbortController()
  const all = begin(outer ? AbortSignal.any([outer, stop.signal]) : stop.signal)
  try {
    return await Promise.all(all)
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(all)
    throw error
  }
}
