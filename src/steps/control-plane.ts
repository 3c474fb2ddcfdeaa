import { topologyOf } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { etcdDoorUnit, needsEtcdDoor } from '../render/etcd-door.js'
import { kubeadmConfigPath } from '../render/kubeadm.js'
import type { StepContext } from './context.js'
import { stampOf } from './stamp.js'
import type { StepWork } from './work.js'

/** Phases of `kubeadm init` that are left out: certificates come from our own authorities, the rest is done once for the cluster. */
const skipped = [
  'preflight',
  'certs',
  'kubeconfig',
  'wait-control-plane',
  'upload-config',
  'upload-certs',
  'mark-control-plane',
  'bootstrap-token',
  'kubelet-finalize',
  'addon',
  'show-join-command',
]

/** The kubeadm file decides what kubeadm writes, so its digest is what the stamp of a started kubelet is made from. */
const kubeadmStamp = async (ctx: StepContext, machine: string): Promise<ReturnType<typeof stampOf> | undefined> => {
  const files = await ctx.desired(machine)
  const config = files?.find((f) => f.path === kubeadmConfigPath)
  return config ? stampOf('control-plane', String(config.content), ctx.cluster.kubernetesVersion) : undefined
}

/** Static pods are written by kubeadm itself, from its own configuration, on every control plane at the same time. */
export const startControlPlane: StepWork = {
  observe: async (ctx, machine) => {
    const [facts, stamp] = await Promise.all([ctx.facts(machine), kubeadmStamp(ctx, machine)])
    if (!stamp) return { state: 'todo', reason: 'not configured yet' }
    if (facts.files[stamp.file.path] !== stamp.digest)
      return { state: 'todo', reason: 'static pods are not written from this configuration' }
    if (facts.units['kubelet.service'] !== 'active') return { state: 'todo', reason: 'kubelet is not running' }
    return { state: 'done' }
  },
  run: async (ctx, machine) => {
    const stamp = await kubeadmStamp(ctx, machine)
    if (!stamp) throw fault('Q4001', { reason: 'no kubeadm configuration' }, { machine })
    const door = topologyOf(ctx.cluster) === 'stacked' && needsEtcdDoor(ctx.cluster) ? etcdDoorUnit : ''
    const script = `systemctl enable --quiet containerd.service kubelet.service ${door}
systemctl start containerd.service ${door} || exit 1
kubeadm init --config ${kubeadmConfigPath} --skip-phases=${skipped.join(',')} 2>&1
`
    const target = ctx.fleet.machine(machine)
    const result = await target.sh(script, { timeoutMs: 120_000, allowFailure: true })
    if (result.exit !== 0)
      throw fault('Q4016', { what: 'kubeadm init', output: (result.stdout + result.stderr).trim().slice(-600) }, { machine })
    await target.write([stamp.file])
    ctx.forget(machine)
  },
}

/** Waits for the first API server only: the claims at the end ask each of them. */
export const awaitApi: StepWork = {
  observe: async (ctx) => ((await ctx.api(1500)) ? { state: 'done' } : { state: 'todo', reason: 'no API server answers' }),
  run: async (ctx) => {
    const deadlineMs = 180_000
    if (!(await ctx.api(deadlineMs))) throw fault('Q4017', { seconds: deadlineMs / 1000 })
  },
}
