import type { Outcome } from '../../history/types.js'
import type { Client } from './clients.js'
import { Failure } from './connect.js'
import type { Request } from './http1.js'
import type { Seen } from './objects.js'

/** HTTP answers that surely left nothing behind. Everything else but 2xx may have taken effect. */
const without = new Set([400, 403, 404, 405, 409, 410, 413, 415, 422, 429])
/**
 * For the class `writes`: the API server did its work, also when somebody else had been faster. A create that is answered by 404 means
 * that the namespace is gone, and then nothing is written at all.
 */
export const served = ({ outcome, status }: Reply, kind: 'create' | 'update' | 'delete'): boolean =>
  outcome === 'ok' || status === 409 || (status === 404 && kind !== 'create')

export interface Reply {
  outcome: Outcome
  status: number
  object?: Seen & { items?: Seen[] }
  why: string
  /** The API server said that this object is not there, which a bare 404 of something on the way does not say. */
  absent?: boolean
}

const saysAbsent = (body: string): boolean => {
  try {
    return (JSON.parse(body) as { reason?: string }).reason === 'NotFound'
  } catch {
    return false
  }
}

/**
 * One request and what it left behind: `failed` only where that is certain, for a write called failed that took effect after all would
 * spoil every verdict. Never throws.
 */
export const askOnce = async (client: Client, request: Request, untilMs: number): Promise<Reply> => {
  try {
    const { status, body } = await client.call(request, untilMs)
    if (status <= 299) return { outcome: 'ok', status, object: JSON.parse(body) as Seen, why: '' }
    const absent = status === 404 && saysAbsent(body)
    return { outcome: without.has(status) ? 'failed' : 'unknown', status, why: `HTTP ${status}`, absent }
  } catch (error) {
    if (error instanceof Failure) return { outcome: error.definite ? 'failed' : 'unknown', status: 0, why: error.why }
    return { outcome: 'unknown', status: 0, why: `answer ${(error as Error).message}` }
  }
}
