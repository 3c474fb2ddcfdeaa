import type { Duplex } from 'node:stream'
import { Fault, problem } from '../model/problem.js'

/** The same shape as `Fleet.dial`: the only way to a network, since a lab's network is a namespace of its own. */
export type Dial = (host: string, port: number, options: { timeoutMs: number; signal?: AbortSignal }) => Promise<Duplex>

/** PEM texts. `ca` is what the server must be signed by; `cert` and `key` are ours and absent for an anonymous call. */
export interface TlsIdentity {
  ca: string
  cert?: string
  key?: string
}

/** How far a call had come when it failed. A reader can tell a dead host (dial) from a frozen process (first-byte). */
export type Phase = 'dial' | 'tls' | 'write' | 'first-byte' | 'body'

/** `unknown` = the server may have acted on the call; `definite` = it certainly has not. */
export type Outcome = 'definite' | 'unknown'

const codeOf: Record<Phase, string> = { dial: 'Q7501', tls: 'Q7502', write: 'Q7503', 'first-byte': 'Q7504', body: 'Q7505' }

/** A call that got no whole answer: Q7501 dial, Q7502 TLS, Q7503 write, Q7504 no first byte, Q7505 answer broke off. */
export class TransportFault extends Fault {
  constructor(
    readonly phase: Phase,
    readonly endpoint: string,
    readonly reason: string,
    readonly elapsedMs: number,
    options: { cause?: unknown; timedOut?: boolean; reused?: boolean } = {},
  ) {
    super(problem(codeOf[phase], { endpoint, reason, elapsedMs: Math.round(elapsedMs) }), { cause: options.cause })
    this.timedOut = options.timedOut === true
    this.reused = options.reused === true
  }

  /** Our own deadline passed, as opposed to an error that the network or the peer told us. */
  readonly timedOut: boolean
  /** It happened on a kept connection, which the server may just have closed. */
  readonly reused: boolean

  /** Nothing of the request can have been seen by the server before the connection stood. */
  get outcome(): Outcome {
    return this.phase === 'dial' || this.phase === 'tls' ? 'definite' : 'unknown'
  }
}

const plainWords: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ECONNRESET|EPIPE/, 'connection reset'],
  [/EHOSTUNREACH|ENETUNREACH/, 'no route to host'],
  [/ETIMEDOUT/, 'no answer from the host'],
]

/** Short text of any thrown value, for `reason` fields and for evidence. */
export const reasonOf = (error: unknown): string => {
  const text = rawReasonOf(error)
  return plainWords.find(([pattern]) => pattern.test(text))?.[1] ?? text
}

const rawReasonOf = (error: unknown): string => {
  if (error instanceof TransportFault) return error.reason
  if (error instanceof Fault) {
    const { code, data } = error.problem
    if (data.timeoutMs !== undefined) return `no answer within ${data.timeoutMs} ms`
    const words = data.reason ?? data.message ?? data.said ?? data.stderr
    return words === undefined || words === '' ? code : String(words).trim().slice(-300)
  }
  if (!(error instanceof Error)) return String(error)
  return error.message || (error as NodeJS.ErrnoException).code || error.name
}
