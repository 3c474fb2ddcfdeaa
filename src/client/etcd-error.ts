import { Fault, problem } from '../model/problem.js'
import type { Outcome } from './transport.js'

/** Names of the gRPC status codes that etcd uses (grpc.io: status codes). */
const codeNames: Readonly<Record<number, string>> = {
  1: 'CANCELLED',
  2: 'UNKNOWN',
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  11: 'OUT_OF_RANGE',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  15: 'DATA_LOSS',
  16: 'UNAUTHENTICATED',
}

/** Codes after which a write may or may not be in the log. All others come from a check made before proposing, or from the reply to it. */
const unknownCodes = new Set([1, 2, 4, 10, 13, 14])

/** The one UNAVAILABLE that is a plain no: a membership change refused because a member is down. */
const definiteTexts = ['unhealthy cluster', 'too many requests']

/** Whether a write that ended like this is certainly not in the log (etcd: api/v3rpc/rpctypes/error.go). */
export const outcomeOf = (code: number, text: string): Outcome => {
  if (definiteTexts.some((known) => text.includes(known))) return 'definite'
  return unknownCodes.has(code) ? 'unknown' : 'definite'
}

/** etcd answered with an error: Q7520 when it certainly did nothing, Q7521 when the call may have taken effect. */
export class EtcdError extends Fault {
  readonly outcome: Outcome
  readonly codeName: string

  constructor(
    /** gRPC status code. */
    readonly code: number,
    /** etcd's words without the prefix "etcdserver: ". */
    readonly text: string,
    endpoint: string,
    what: string,
  ) {
    const outcome = outcomeOf(code, text)
    const codeName = codeNames[code] ?? `CODE_${code}`
    super(problem(outcome === 'definite' ? 'Q7520' : 'Q7521', { endpoint, what, code: codeName, message: text }))
    this.outcome = outcome
    this.codeName = codeName
  }
}

interface GatewayStatus {
  code?: number
  message?: string
  error?: string | GatewayStatus
}

const withoutPrefix = (text: string): string => text.replace(/^(etcdserver|mvcc): /, '')

/** Reads a refusal of the gateway, from a plain reply (`{error, code, message}`) or from a line of a stream (`{error: {...}}`). */
export const etcdErrorOf = (body: string | GatewayStatus, status: number, endpoint: string, what: string): EtcdError => {
  let parsed: GatewayStatus
  try {
    parsed = typeof body === 'string' ? (JSON.parse(body) as GatewayStatus) : body
  } catch {
    const text = String(body).trim().slice(0, 300) || `HTTP ${status}`
    // Not from etcd's gRPC side: a wrong port, or a gateway that is off. The method was not reached.
    return new EtcdError(status === 404 ? 12 : 2, text, endpoint, what)
  }
  const inner = typeof parsed.error === 'object' ? parsed.error : parsed
  const text = inner.message ?? (typeof inner.error === 'string' ? inner.error : `HTTP ${status}`)
  return new EtcdError(inner.code ?? 2, withoutPrefix(text), endpoint, what)
}
