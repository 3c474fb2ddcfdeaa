import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, fault } from '../model/problem.js'

export interface Patience {
  /** Without a single byte for this long, a connection is given up. */
  stallMs: number
  /** Attempts in a row that brought nothing new. */
  attempts: number
  /** Wait before the second attempt; doubles with each, to 10 s. */
  pauseMs: number
}

export const patience: Patience = { stallMs: 30_000, attempts: 5, pauseMs: 500 }

export interface HttpOptions {
  method?: 'GET' | 'HEAD'
  headers?: Record<string, string>
  signal?: AbortSignal
  patience?: Patience
}

/** An answer that asking again will not change. */
class Refused extends Error {}

/** Statuses with which servers say that they are busy or broken for now. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/** Opens a URL and gives its answer to `read`, under a deadline that each chunk renews. 2xx, 401 and 416 are answers, others errors. */
export const withAnswer = async <T>(
  url: string,
  { method = 'GET', headers = {}, signal, patience: { stallMs } = patience }: HttpOptions,
  read: (answer: Response, chunks: AsyncGenerator<Uint8Array>) => Promise<T>,
): Promise<T> => {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs)
  try {
    const both = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal
    // Bytes as the server has them: a digest is of these, and ranges count in them.
    const answer = await fetch(url, { method, headers: { 'accept-encoding': 'identity', ...headers }, signal: both })
    if (!answer.ok && answer.status !== 401 && answer.status !== 416) {
      const text = `the server answers ${answer.status}`
      throw passing.has(answer.status) ? new Error(text) : new Refused(text)
    }
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of answer.body ?? []) {
        timer.refresh()
        yield chunk as Uint8Array
      }
    }
    return await read(answer, chunks())
  } catch (error) {
    // What fetch throws after an abort says no more than that.
    throw stalled.signal.aborted && !signal?.aborted ? stalled.signal.reason : error
  } finally {
    clearTimeout(timer)
    stalled.abort()
  }
}

/**
 * Attempts something until it succeeds, is refused, or fails too often in a row without headway (more of something than ever before).
 * Throws Fault Q2007 with the last reason.
 */
export const withRetries = async <T>(
  url: string,
  { patience: { attempts, pauseMs } = patience, signal }: HttpOptions,
  attempt: () => Promise<T>,
  headway: () => number = () => 0,
): Promise<T> => {
  let best = headway()
  for (let failed = 0; ; ) {
    try {
      return await attempt()
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof Fault || !(error instanceof Error) || isLocal(error)) throw error
      failed = headway() > best ? 1 : failed + 1
      best = Math.max(best, headway())
      if (error instanceof Refused || failed >= attempts) throw fault('Q2007', { url, reason: reasonOf(error) }, { cause: error })
      await sleep(Math.min(10_000, pauseMs * 2 ** (failed - 1)), undefined, signal ? { signal } : {})
    }
  }
}

/** An error of this computer's disk, which no server mends. */
const isLocal = (error: Error): boolean =>
  ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')

/** fetch says "fetch failed" or "terminated"; what happened is in its cause. */
const reasonOf = (error: Error): string => {
  const cause = error.cause instanceof AggregateError ? (error.cause.errors[0] as unknown) : error.cause
  return (cause instanceof Error && cause.message ? cause.message : error.message).slice(0, 200)
}

const textLimit = 4 << 20

/** A small answer as text. Throws Fault Q2007. */
export const getText = (url: string, options: HttpOptions = {}): Promise<{ text: string; headers: Headers; status: number }> =>
  withRetries(url, options, () =>
    withAnswer(url, options, async (answer, chunks) => {
      const parts: Uint8Array[] = []
      let size = 0
      for await (const chunk of chunks) {
        parts.push(chunk)
        size += chunk.length
        if (size > textLimit) throw new Refused('the answer is far too long for what was asked')
      }
      return { text: Buffer.concat(parts).toString('utf8'), headers: answer.headers, status: answer.status }
    }),
  )

/** Size of a file, 0 where the server does not say: only progress depends on it. */
export const sizeAt = (url: string, options: HttpOptions = {}): Promise<number> =>
  withAnswer(url, { ...options, method: 'HEAD' }, async (answer) =>
    answer.status === 200 ? Number(answer.headers.get('content-length') ?? 0) : 0,
  ).catch(() => {
    options.signal?.throwIfAborted()
    return 0
  })
