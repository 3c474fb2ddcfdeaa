import { controlPlanes, topologyOf } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { apiDoorUnit, needsApiDoor } from '../render/api-door.js'
import { apiServerUrl } from '../render/endpoint.js'
import { etcdDoorUnit, needsEtcdDoor } from '../render/etcd-door.js'
import { kubeadmConfigPath, kubeadmPatchesDir } from '../render/kubeadm.js'
import type { StepContext } from './context.js'
import { requireOthers } from './etcd-members.js'
import { stampOf } from './stamp.js'
import type { StepWork } from './step.js'
import { activeUnits } from './units.js'

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

/** The kubeadm file and the patches decide what kubeadm writes, so their digest is what the stamp of a started kubelet is made from. */
const kubeadmStamp = async (ctx: StepContext, machine: string): Promise<ReturnType<typeof stampOf> | undefined> => {
  const files = await ctx.desired(machine)
  const read = files?.filter(({ path }) => path === kubeadmConfigPath || path.startsWith(`${kubeadmPatchesDir}/`)) ?? []
  return read.length > 0 ? stampOf('control-plane', ...read.map((f) => String(f.content)), ctx.cluster.kubernetesVersion) : undefined
}

/** Units that refuse connections to etcd and to the API server while these cannot serve. */
const doorsOf = ({ cluster, timing }: StepContext, machine: string): string[] => {
  const self = controlPlanes(cluster).find((m) => m.name === machine)
  const etcdDoor = topologyOf(cluster) === 'stacked' && needsEtcdDoor(cluster)
  return [...(etcdDoor ? [etcdDoorUnit] : []), ...(self && needsApiDoor(cluster, self, timing) ? [apiDoorUnit] : [])]
}

/** Static pods are written by kubeadm itself, from its own configuration, on every control plane at the same time. */
export const startControlPlane: StepWork = {
  observe: async (ctx, machine) => {
    const [facts, stamp] = await Promise.all([ctx.facts(machine), kubeadmStamp(ctx, machine)])
    if (!stamp) return { state: 'todo', reason: 'not configured yet' }
    if (facts.files[stamp.file.path] !== stamp.digest)
      return { state: 'todo', reason: 'static pods are not written from this configuration' }
    if (facts.units['kubelet.service'] !== 'active') return { state: 'todo', reason: 'kubelet is not running' }
    // The other door ends by itself when etcd serves.
    if (doorsOf(ctx, machine).includes(apiDoorUnit) && facts.units[apiDoorUnit] !== 'active')
      return { state: 'todo', reason: 'nothing looks after its etcd member' }
    return { state: 'done' }
  },
  run: async (ctx, machine) => {
    const [facts, stamp] = await Promise.all([ctx.facts(machine), kubeadmStamp(ctx, machine)])
    if (!stamp) throw fault('Q4001', { reason: 'no kubeadm configuration' }, { machine })
    const start = async (): Promise<void> => {
      const target = ctx.fleet.machine(machine)
      const result = await target.sh(startScript(target.address, doorsOf(ctx, machine).join(' ')), {
        timeoutMs: 240_000,
        allowFailure: true,
      })
      if (result.exit !== 0)
        throw fault('Q4016', { what: 'kubeadm init', output: (result.stdout + result.stderr).trim().slice(-600) }, { machine })
      await target.write([stamp.file])
      // The other door ends by itself when etcd serves.
      const started = ['containerd.service', 'kubelet.service', ...doorsOf(ctx, machine).filter((unit) => unit === apiDoorUnit)]
      ctx.learn(machine, { files: { [stamp.file.path]: stamp.digest }, units: activeUnits(started) })
    }
    // At the first start nobody is interrupted, and all machines start at once.
    if (facts.files[stamp.file.path] === undefined) return start()
    const stacked = topologyOf(ctx.cluster) === 'stacked'
    if (stacked) await requireOthers(ctx, machine)
    await ctx.inTurn('control-plane', async () => {
      if (stacked) await requireOthers(ctx, machine)
      await start()
    })
  },
}

/**
 * Static pods whose manifest changed are started anew by kubelet: where one ran before, the script ends when its successor runs and the API server
 * of this machine answers, so the next machine's turn begins with this one back in service.
 */
const startScript = (
  address: string,
  doors: string,
): string => `mkdir -p /etc/kubernetes/manifests && cd /etc/kubernetes/manifests || exit 1
# One line for each program that runs: name, process, digest of its manifest.
running() {
  for p in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    pid=$(pidof -s $p) && [ -e $p.yaml ] && echo "$p $pid $(sha256sum < $p.yaml | cut -c1-64)"
  done
}
before=$(running)
systemctl enable --no-reload --quiet containerd.service kubelet.service ${doors}
systemctl start containerd.service ${doors} || exit 1
kubeadm init --config ${kubeadmConfigPath} --skip-phases=${skipped.join(',')} 2>&1 || exit 1
again=
while read -r p pid digest; do
  [ -n "$p" ] && [ "$digest" != "$(sha256sum < $p.yaml | cut -c1-64)" ] || continue
  again=yes
  n=0
  while now=$(pidof -s $p); [ -z "$now" ] || [ "$now" = "$pid" ]; do
    n=$((n + 1)); [ $n -lt 240 ] || { echo "$p did not start again within 120 s"; exit 1; }
    sleep 0.5
  done
done <<END
$before
END
[ -n "$again" ] || exit 0
n=0
until curl -sf --max-time 2 --cacert /etc/kubernetes/pki/ca.crt ${apiServerUrl({ address })}/readyz >/dev/null; do
  n=$((n + 1)); [ $n -lt 120 ] || { echo 'the API server of this machine does not answer after its restart'; exit 1; }
  sleep 0.5
done
`

/** Waits for the first API server only: the claims at the end ask each of them. */
export const awaitApi: StepWork = {
  observe: async (ctx) => ((await ctx.api(1500)) ? { state: 'done' } : { state: 'todo', reason: 'no API server answers' }),
  run: async (ctx) => {
    const deadlineMs = 180_000
    if (!(await ctx.api(deadlineMs))) throw fault('Q4017', { seconds: deadlineMs / 1000 })
  },
}
