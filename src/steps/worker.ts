import type { StepWork } from './step.js'
import { activeUnits } from './units.js'

/** A worker's kubelet has its settings and its certificate already, so it needs no token and no API server to start. */
export const startWorker: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    return facts.units['kubelet.service'] === 'active' ? { state: 'done' } : { state: 'todo', reason: 'kubelet is not running' }
  },
  run: async (ctx, machine) => {
    const script = `systemctl enable --no-reload --quiet containerd.service kubelet.service
systemctl start containerd.service kubelet.service
`
    await ctx.fleet.machine(machine).sh(script, { timeoutMs: 60_000 })
    ctx.learn(machine, { units: activeUnits(['containerd.service', 'kubelet.service']) })
  },
}
