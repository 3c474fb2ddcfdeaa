import type { Machine } from '../../machine/machine.js'

/** Longest delay that a timer of Node takes. */
const forEverMs = 2_147_483_647
const retryMs = 300
/** Where there is nothing to be had (no pod, no perl) asking more often changes nothing. */
const mostRetryMs = 2400

export interface AgentOptions {
  machine: Machine
  /** Shell text; made anew for each session. Undefined = nothing to run now, try later. */
  script: () => string | undefined
  onLine: (line: string) => void
  /** The session ended: what is not told from now on is not known. */
  onEnd?: (reason: string) => void
  /** A session that says nothing for this long is given up and begun anew. */
  silentMs: number
  signal: AbortSignal
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })

/**
 * Keeps one agent running on one machine over one long session, whatever becomes of the machine, until the signal. Never throws. What
 * runs there ends by itself when nobody listens any more: its next line cannot be written.
 */
export const keepAgent = async ({ machine, script, onLine, onEnd, silentMs, signal }: AgentOptions): Promise<void> => {
  let waitMs = retryMs
  while (!signal.aborted) {
    const text = script()
    if (text === undefined) {
      await sleep(retryMs, signal)
      continue
    }
    const silence = new AbortController()
    let heardMs = performance.now()
    const watch = setInterval(
      () => {
        if (performance.now() - heardMs > silentMs) silence.abort(new Error(`silent for ${silentMs} ms`))
      },
      Math.max(50, silentMs / 4),
    )
    let reason = 'ended'
    try {
      const result = await machine.sh(text, {
        timeoutMs: forEverMs,
        allowFailure: true,
        signal: AbortSignal.any([signal, silence.signal]),
        onLine: (line) => {
          heardMs = performance.now()
          if (line.startsWith('hello ')) waitMs = retryMs
          onLine(line)
        },
      })
      reason = `exit status ${result.exit} ${result.stderr.trim().split('\n').at(-1) ?? ''}`.trim().slice(0, 200)
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    } finally {
      clearInterval(watch)
    }
    if (signal.aborted) return
    onEnd?.(reason)
    await sleep(waitMs, signal)
    waitMs = Math.min(waitMs * 2, mostRetryMs)
  }
}
