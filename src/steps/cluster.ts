import type { KubernetesClient } from '../client/kubernetes.js'
import { podCidrOf } from '../config/pod-cidr.js'
import { controlPlanes, type MachineSpec, nodes } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { clusterObjects, type KubernetesObject } from '../render/addons.js'
import { kubeadmConfigPath, taintsOf } from '../render/kubeadm.js'
import { changedByHand } from './as-declared.js'
import { askApi } from './ask-api.js'
import type { StepContext } from './context.js'
import { declare, declareAll } from './declare.js'
import { makeMemberlistKey } from './memberlist-key.js'
import { sha256 } from './stamp.js'
import type { StepWork } from './step.js'

/** Where the digest of what was declared is kept: a field that is declared no longer cannot be seen in the objects. */
const recordPath = '/api/v1/namespaces/quorate-system/configmaps/applied'

const api = async (ctx: StepContext): Promise<KubernetesClient> => {
  const client = await ctx.api(30_000)
  if (!client) throw fault('Q4017', { seconds: 30 })
  return client
}

const nodeOf = (ctx: StepContext, machine: MachineSpec): KubernetesObject => {
  const isControlPlane = machine.roles.includes('control-plane')
  const taints = taintsOf(ctx.cluster, machine)
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: machine.name,
      labels: {
        'kubernetes.io/hostname': machine.name,
        // kubelet would set it some seconds later, and until then nothing that asks for it finds more than one node to be spread over.
        'kubernetes.io/os': 'linux',
        ...(isControlPlane
          ? {
              'node-role.kubernetes.io/control-plane': '',
              // MetalLB heeds it too: where pods run on control planes, they must announce as well, or nobody does.
              ...(taints.length > 0 ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
            }
          : {}),
        ...(machine.zone ? { 'topology.kubernetes.io/zone': machine.zone } : {}),
      },
    },
    spec: {
      ...(ctx.cluster.network.plugin.kind === 'routed'
        ? { podCIDR: podCidrOf(ctx.cluster, machine), podCIDRs: [podCidrOf(ctx.cluster, machine)] }
        : {}),
      ...(taints.length > 0 ? { taints } : {}),
    },
  }
}

/**
 * Node objects are declared before, or beside, the kubelets that register them: pod subnet, zone and taints are there when the
 * first pod is scheduled, and no controller has to hand out a subnet later.
 */
export const declareNodes: StepWork = {
  observe: (ctx) =>
    askApi(ctx, async (client) => {
      const seen = await client.list('/api/v1/nodes')
      const byName = new Map(seen.items.map((n) => [n.metadata.name, n]))
      const differs = nodes(ctx.cluster).filter((m) => {
        const want = nodeOf(ctx, m)
        const have = byName.get(m.name)
        if (!have) return true
        const labels = have.metadata.labels ?? {}
        const labelled = Object.entries(want.metadata.labels ?? {}).every(([k, v]) => labels[k] === v)
        const wantSpec = want.spec as { podCIDR?: string; taints?: { key: string }[] }
        const haveSpec = (have.spec ?? {}) as { podCIDR?: string; taints?: { key: string }[] }
        const tainted = (wantSpec.taints ?? []).every((t) => (haveSpec.taints ?? []).some((h) => h.key === t.key))
        return !labelled || !tainted || (wantSpec.podCIDR !== undefined && haveSpec.podCIDR !== wantSpec.podCIDR)
      })
      if (differs.length === 0) return { state: 'done' }
      return { state: 'todo', reason: `${differs.map((m) => m.name).join(', ')} not as declared` }
    }),
  run: async (ctx) => {
    const client = await api(ctx)
    await declareAll(
      client,
      nodes(ctx.cluster).map((m) => nodeOf(ctx, m)),
      ctx.signal,
    )
  },
}

/** kube-proxy, CoreDNS, the probe, and the roles that kubeadm would have made: all declared by server-side apply, so again is the same. */
export const declareObjects: StepWork = {
  observe: (ctx) =>
    askApi(ctx, async (client) => {
      const record = await client.find(recordPath)
      if (!record) return { state: 'todo', reason: 'not declared yet' }
      const data = record.data as Record<string, string> | undefined
      const objects = clusterObjects(ctx.cluster)
      if (data?.objects !== digestOf(objects)) return { state: 'todo', reason: 'declared from another configuration' }
      const [changed, ...more] = await changedByHand(client, objects)
      if (!changed) return { state: 'done' }
      return { state: 'todo', reason: more.length === 0 ? changed : `${changed}, and ${more.length} more` }
    }),
  run: async (ctx) => {
    const client = await api(ctx)
    const objects = clusterObjects(ctx.cluster)
    if (ctx.cluster.loadBalancer) await makeMemberlistKey(client, objects, ctx.signal)
    await declareAll(client, objects, ctx.signal)
    const record = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied', namespace: 'quorate-system' },
      data: { objects: digestOf(objects) },
    }
    await declare(client, record, ctx.signal)
  },
}

const digestOf = (objects: readonly KubernetesObject[]): string => sha256(JSON.stringify(objects))

const kubeadmRecord = 'quorate.dev/kubeadm-digest'

/** `kubeadm upgrade plan` and `kubeadm token create` look for these ConfigMaps and roles, so kubeadm writes them itself. */
export const recordKubeadm: StepWork = {
  observe: (ctx) =>
    askApi(ctx, async (client) => {
      const record = await client.find('/api/v1/namespaces/kube-system/configmaps/kubeadm-config')
      if (!record) return { state: 'todo', reason: 'kubeadm has no records in this cluster' }
      const wanted = await kubeadmDigest(ctx)
      return record.metadata.annotations?.[kubeadmRecord] === wanted
        ? { state: 'done' }
        : { state: 'todo', reason: 'recorded from another configuration' }
    }),
  run: async (ctx) => {
    const client = await api(ctx)
    const machine = controlPlanes(ctx.cluster).find((m) => m.address === client.host) ?? controlPlanes(ctx.cluster)[0]
    if (!machine) throw fault('Q4001', { reason: 'no control plane' })
    const kubeadm = `kubeadm init phase`
    const config = `--config ${kubeadmConfigPath} --kubeconfig /etc/kubernetes/super-admin.conf`
    const script = `${kubeadm} upload-config all ${config} 2>&1 && ${kubeadm} bootstrap-token ${config} --skip-token-print 2>&1`
    const result = await ctx.fleet.machine(machine.name).sh(script, { timeoutMs: 60_000, allowFailure: true })
    if (result.exit !== 0)
      throw fault(
        'Q4016',
        { what: 'kubeadm init phase upload-config', output: result.stdout.trim().slice(-600) },
        { machine: machine.name },
      )
    await client.patch(
      '/api/v1/namespaces/kube-system/configmaps/kubeadm-config',
      {
        metadata: { annotations: { [kubeadmRecord]: await kubeadmDigest(ctx) } },
      },
      { deadlineMs: 15_000 },
    )
  },
}

const kubeadmDigest = async (ctx: StepContext): Promise<string> => {
  const first = controlPlanes(ctx.cluster)[0]
  const files = first ? await ctx.desired(first.name) : undefined
  const config = files?.find((f) => f.path === kubeadmConfigPath)
  return sha256(String(config?.content ?? '')).slice(0, 32)
}
