/**
 * Runs `work` with a signal that ends it after `limitMs`, which is no error: then it is time to ask again. Rejects with whatever else
 * `work` throws, and with the reason of `outer` when that is aborted.
 */
export const watching = async (limitMs: number, outer: AbortSignal, work: (until: AbortSignal) => Promise<void>): Promise<void> => {
  outer.throwIfAborted()
  const both = new AbortController()
  let inTime = true
  const timer = setTimeout(() => {
    inTime = false
    both.abort()
  }, limitMs)
  const onAbort = () => both.abort(outer.reason)
  outer.addEventListener('abort', onAbort, { once: true })
  try {
    await work(both.signal)
  } catch (error) {
    if (inTime || outer.aborted) throw error
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', onAbort)
  }
}
