import type { MachineSpec } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { heldSocket, heldSocketHolder } from '../render/held-socket.js'
import type { StepContext } from './context.js'
import { tellPending } from './pending.js'
import type { StepWork } from './step.js'
import { activeUnits, entryUnitsOf, leftoverUnits } from './units.js'

const specOf = (ctx: StepContext, machine: string): MachineSpec => {
  const spec = ctx.cluster.machines.find((m) => m.name === machine)
  if (!spec) throw fault('Q4030', { machine, names: ctx.cluster.machines.map((m) => m.name).join(', ') })
  return spec
}

/** Of two proxies only one can have the port. */
const proxies = ['haproxy.service', 'nginx.service']

/** The held socket goes with haproxy, and the next proxy wants its port: so it is waited for. */
const stopScript = (unit: string): string =>
  `systemctl disable --now --quiet ${unit} || exit 1\n${unit === 'haproxy.service' ? `systemctl stop ${heldSocket} ${heldSocketHolder} 2>/dev/null\n` : ''}`

/** Starts what is not running of the entry to the API. A proxy of another kind on the same port gives way here, one machine at a time. */
export const startBalancer: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const idle = entryUnitsOf(ctx.cluster, specOf(ctx, machine)).filter((unit) => facts.units[unit] !== 'active')
    return idle.length === 0 ? { state: 'done' } : { state: 'todo', reason: `${idle.join(' and ')} not running` }
  },
  run: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const spec = specOf(ctx, machine)
    const units = entryUnitsOf(ctx.cluster, spec)
    const rivals = leftoverUnits(ctx.cluster, spec, facts.units).filter((unit) => proxies.includes(unit))
    const start = async (): Promise<void> => {
      const stop = rivals.map(stopScript).join('')
      const script = `${stop}systemctl enable --no-reload --quiet ${units.join(' ')} 2>/dev/null\nsystemctl start ${units.join(' ')}`
      const result = await ctx.fleet.machine(machine).sh(script, { timeoutMs: 60_000, allowFailure: true })
      if (result.exit !== 0 || rivals.length > 0) ctx.forget(machine)
      else ctx.learn(machine, { units: activeUnits(units) })
      if (result.exit !== 0) throw fault('Q4014', { units: units.join(' '), stderr: result.stderr.trim().slice(-400) }, { machine })
    }
    await (rivals.length > 0 ? ctx.inTurn('entry', start) : start())
  },
}

/** Stops what another kind of balancer left behind, once clients have been moved to the new entry. */
export const retireBalancer: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const left = leftoverUnits(ctx.cluster, specOf(ctx, machine), facts.units)
    return left.length === 0 ? { state: 'done' } : { state: 'todo', reason: `${left.join(' and ')} of an earlier balancer still running` }
  },
  run: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const left = leftoverUnits(ctx.cluster, specOf(ctx, machine), facts.units)
    await tellPending(ctx, machine)
    if (left.length > 0) await ctx.fleet.machine(machine).sh(left.map(stopScript).join(''), { timeoutMs: 60_000 })
    ctx.forget(machine)
  },
}
