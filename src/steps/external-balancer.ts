import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../client/transport.js'
import { controlPlanes } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { duration } from '../render/duration.js'
import { apiServerPort } from '../render/endpoint.js'
import type { StepContext } from './context.js'
import type { StepWork } from './step.js'

/** Somebody may have to set it up first; what is checked afterwards waits for nothing else. */
const patienceMs = 120_000
const lookMs = 3000

/** What a balancer that is not ours has to do, so that the predictions hold. */
export const externalBalancerDuties = ({ cluster, timing }: Pick<StepContext, 'cluster' | 'timing'>): string[] => {
  const check = timing.backendCheck
  return [
    `send TCP of ${cluster.endpoint.address}:${cluster.endpoint.port} to port ${apiServerPort} of ${controlPlanes(cluster)
      .map((m) => `${m.name} (${m.address})`)
      .join(', ')}, without ending TLS`,
    `ask GET /readyz of each over TLS, every ${duration(check.intervalMs)}, and leave out one that fails ${check.fall} times; /healthz and /livez stay true while one stops`,
    `drain: send no new connection to one whose /readyz failed; it closes what is open ${duration(timing.apiShutdownDelayMs)} later`,
    `cut no connection that is idle for less than ${duration(timing.idleMs)}: watches, logs and exec are silent for long`,
    'let a control plane reach itself through it (hairpin): with the address of the client kept, answers would go past the balancer and be dropped',
  ]
}

const ask = async (ctx: StepContext): Promise<string | undefined> => {
  try {
    const seen = await ctx.endpoint?.readyz({ deadlineMs: lookMs, fresh: true })
    if (!seen) return 'nothing is built yet'
    return seen.ready ? undefined : seen.failed.join(', ')
  } catch (error) {
    return reasonOf(error)
  }
}

/** Says what the user's balancer must do, and waits until it leads to an API server. Nothing of it is changed. */
export const awaitExternalBalancer: StepWork = {
  observe: async (ctx) => {
    const why = await ask(ctx)
    return why === undefined ? { state: 'done' } : { state: 'todo', reason: `your balancer does not lead to an API server yet: ${why}` }
  },
  run: async (ctx) => {
    const { address, port } = ctx.cluster.endpoint
    const duties = externalBalancerDuties(ctx)
    ctx.emit({
      type: 'note',
      level: 'info',
      text: `your balancer at ${address}:${port} must:\n${duties.map((d) => `  - ${d}`).join('\n')}`,
    })
    const endMs = performance.now() + patienceMs
    for (;;) {
      ctx.signal?.throwIfAborted()
      const why = await ask(ctx)
      if (why === undefined) return
      if (performance.now() > endMs) throw fault('Q4023', { endpoint: `${address}:${port}`, reason: why, seconds: patienceMs / 1000 })
      await sleep(500)
    }
  },
}
