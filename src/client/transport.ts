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

/** Short text of any thrown value, for `reason` fields and for evidence: Node's code where there is one. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof TransportFault) return error.reason
  if (error instanceof Fault) {
    const reason = error.problem.data.reason ?? error.problem.data.message
    return typeof reason === 'string' ? reason : error.problem.code
  }
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'connection reset'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'no route to host'
  return error.message || code || error.name
}
