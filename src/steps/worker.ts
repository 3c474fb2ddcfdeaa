import { fault } from '../model/problem.js'
import { kubeadmConfigPath } from '../render/kubeadm.js'
import { kubeadmStamp } from './control-plane.js'
import type { StepWork } from './work.js'

/** A worker's kubelet has its certificate already, so it needs no token and no API server to start. */
export const startWorker: StepWork = {
  observe: async (ctx, machine) => {
    const [facts, stamp] = await Promise.all([ctx.facts(machine), kubeadmStamp(ctx, machine, 'worker')])
    if (!stamp) return { state: 'todo', reason: 'not configured yet' }
    if (facts.files[stamp.file.path] !== stamp.digest) return { state: 'todo', reason: 'kubelet is not set up from this configuration' }
    if (facts.units['kubelet.service'] !== 'active') return { state: 'todo', reason: 'kubelet is not running' }
    return { state: 'done' }
  },
  run: async (ctx, machine) => {
    const stamp = await kubeadmStamp(ctx, machine, 'worker')
    if (!stamp) throw fault('Q4001', { reason: 'no kubeadm configuration' }, { machine })
    const script = `systemctl enable --quiet containerd.service kubelet.service
systemctl start containerd.service || exit 1
kubeadm init phase kubelet-start --config ${kubeadmConfigPath} 2>&1
`
    const target = ctx.fleet.machine(machine)
    const result = await target.sh(script, { timeoutMs: 120_000, allowFailure: true })
    if (result.exit !== 0)
      throw fault('Q4016', { what: 'kubeadm kubelet-start', output: (result.stdout + result.stderr).trim().slice(-600) }, { machine })
    await target.write([stamp.file])
    ctx.forget(machine)
  },
}
