import { hasVirtualIp } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import type { StepContext } from './context.js'
import type { StepWork } from './work.js'

/** The proxy of this cluster as a systemd unit, and keepalived beside it where a virtual IP is held. */
export const balancerUnits = (ctx: Pick<StepContext, 'cluster'>): string[] => {
  const proxy = ctx.cluster.balancer === 'nginx-keepalived' ? 'nginx.service' : 'haproxy.service'
  return hasVirtualIp(ctx.cluster) ? [proxy, 'keepalived.service'] : [proxy]
}

/** The proxy first, then keepalived: its check must find the proxy listening, or the machine starts in FAULT. */
export const startBalancer: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const idle = balancerUnits(ctx).filter((unit) => facts.units[unit] !== 'active')
    return idle.length === 0 ? { state: 'done' } : { state: 'todo', reason: `${idle.join(' and ')} not running` }
  },
  run: async (ctx, machine) => {
    const units = balancerUnits(ctx)
    const result = await ctx.fleet
      .machine(machine)
      .sh(units.map((u) => `systemctl enable --quiet ${u} 2>/dev/null; systemctl start ${u} || exit 1`).join('\n'), {
        timeoutMs: 30_000,
        allowFailure: true,
      })
    ctx.forget(machine)
    if (result.exit !== 0) throw fault('Q4014', { units: units.join(' '), stderr: result.stderr.trim().slice(-400) }, { machine })
  },
}
