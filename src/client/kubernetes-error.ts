import { Fault, problem } from '../model/problem.js'
import type { HttpAnswer } from './http.js'

/** The API server answered with a refusal (Q7510). `reason` is Kubernetes' own word: NotFound, Conflict, Forbidden, Expired. */
export class ApiError extends Fault {
  constructor(
    readonly status: number,
    readonly reason: string,
    readonly text: string,
    endpoint: string,
    what: string,
  ) {
    super(problem('Q7510', { endpoint, what, status, reason, message: text }))
  }
}

const clip = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text)

/** Reads the Status object of a refusal; falls back to the plain text, which proxies and early start-up answers are. */
export const apiErrorOf = (status: number, body: string, endpoint: string, what: string): ApiError => {
  try {
    const parsed = JSON.parse(body) as { code?: number; reason?: string; message?: string; kind?: string }
    if (parsed && typeof parsed === 'object') {
      return new ApiError(parsed.code ?? status, parsed.reason ?? 'Unknown', clip(parsed.message ?? ''), endpoint, what)
    }
  } catch {
    // Not JSON: taken as text below.
  }
  return new ApiError(status, 'Unknown', clip(body.trim()), endpoint, what)
}

export const jsonOf = <T>(answer: HttpAnswer, endpoint: string, what: string): T => {
  const text = answer.body.toString('utf8')
  if (answer.status < 200 || answer.status > 299) throw apiErrorOf(answer.status, text, endpoint, what)
  try {
    return JSON.parse(text) as T
  } catch {
    throw new ApiError(answer.status, 'Unknown', `not JSON: ${clip(text)}`, endpoint, what)
  }
}
