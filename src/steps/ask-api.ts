import { ApiError, type KubernetesClient } from '../client/kubernetes.js'
import { TransportFault } from '../client/transport.js'
import type { StepContext } from './context.js'
import type { Seen } from './step.js'

const patienceMs = 20_000
const pauseMs = 300

/** A server that has just begun to answer may be late with the next answer: asked again, not taken for a failure. */
const isLate = (error: unknown): boolean =>
  error instanceof TransportFault || (error instanceof ApiError && (error.status >= 500 || error.status === 429))

/** What a step sees through the API. Without any server that answers, the step is to be done: the phase before it waits for one. */
export const askApi = async (ctx: StepContext, look: (client: KubernetesClient) => Promise<Seen>): Promise<Seen> => {
  const endMs = performance.now() + patienceMs
  for (let answered = false; ; ) {
    const client = await ctx.api(1500)
    if (!client && !answered) return { state: 'todo', reason: 'no API server answers' }
    answered = true
    try {
      if (client) return await look(client)
    } catch (error) {
      if (ctx.signal?.aborted || !isLate(error)) throw error
    }
    ctx.signal?.throwIfAborted()
    if (performance.now() > endMs) return { state: 'todo', reason: 'the API answers too late to be asked' }
    ctx.forgetApi()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
