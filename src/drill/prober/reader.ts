import { monotonicMs } from '../samples.js'
import type { Client } from './clients.js'
import { Failure } from './connect.js'
import type { Request } from './http1.js'
import type { Ledger } from './ledger.js'
import type { ClassHead } from './protocol.js'

/** More than this many requests of one class under way are a fault of ours: at 50 Hz and 2 s of patience 100 can be. */
const mostUnderWay = 400

/** '' when the call was answered as it should be, else phase and cause. */
const tried = async (client: Client, request: Request, untilMs: number): Promise<string> => {
  try {
    const answer = await client.call(request, untilMs)
    return answer.status === 200 ? '' : `HTTP ${answer.status}`
  } catch (error) {
    return error instanceof Failure ? error.why : `prober ${(error as Error).message}`
  }
}

/** One class of reads. `fire` returns at once; what came of it goes to the ledger under the time at which it was due. */
export const reader = (
  head: ClassHead,
  client: Client,
  request: Request,
  ledger: Ledger,
  { totalMs, retry = false }: { totalMs: number; retry?: boolean },
): ((dueMs: number) => void) => {
  let underWay = 0
  const one = async (dueMs: number): Promise<void> => {
    const why = await tried(client, request, dueMs + totalMs)
    const endMs = monotonicMs()
    if (why === '' || !retry) return ledger.add({ ...head, dueMs, endMs, why })
    const again = await tried(client, request, endMs + totalMs)
    ledger.add({ ...head, dueMs, endMs, why, retry: again === '' ? 1 : 0 })
  }
  return (dueMs) => {
    if (underWay >= mostUnderWay) {
      ledger.dropped++
      ledger.add({ ...head, dueMs, endMs: dueMs, why: 'not sent', noVerdict: true })
      return
    }
    underWay++
    void one(dueMs).finally(() => {
      underWay--
    })
  }
}
