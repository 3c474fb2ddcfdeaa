import { ApiError, type KubernetesClient } from '../client/kubernetes.js'
import { nodes } from '../model/cluster.js'
import { fault, problem } from '../model/problem.js'
import { guestRouteFiles, guestRoutesQuestion, guestScriptPath, guestUnit } from '../render/guest-routes.js'
import { hostedDigest, hostedObjects } from '../render/hosted.js'
import { hostedNamespace } from '../render/hosted-names.js'
import type { KubernetesObject } from '../render/kubernetes-object.js'
import type { HostAccess, StepContext } from './context.js'
import { declareAll } from './declare.js'
import { sha256 } from './stamp.js'
import type { Seen, StepWork } from './step.js'

const askMs = 5000
/** API servers of a guest that is on its way out have a minute for their last requests. */
const leavingMs = 150_000

const hostOf = (ctx: StepContext): HostAccess => {
  if (!ctx.host) throw fault('Q4001', { reason: 'no host cluster' })
  return ctx.host
}

const hostApi = async (ctx: StepContext, deadlineMs: number): Promise<KubernetesClient> => {
  const host = hostOf(ctx)
  const client = await host.api(deadlineMs)
  if (!client) throw fault('Q4040', { host: host.cluster.name, seconds: Math.round(deadlineMs / 1000) })
  return client
}

/** Asked before anything is changed: without its host a guest cannot be. */
export const findHost: StepWork = {
  observe: async (ctx): Promise<Seen> => {
    const host = hostOf(ctx)
    if (!host.known)
      return { state: 'blocked', problem: problem('Q4041', { host: host.cluster.name, file: ctx.cluster.hosted?.hostFile ?? '' }) }
    if (await host.api(10_000)) return { state: 'done' }
    return { state: 'blocked', problem: problem('Q4040', { host: host.cluster.name, seconds: 10 }) }
  },
  run: async () => {},
}

/** Where pods of the guest are, each node of the host is told by files and a unit of the guest's own. */
export const leadToGuest: StepWork = {
  observe: async (ctx): Promise<Seen> => {
    const { cluster, fleet } = hostOf(ctx)
    const sums = guestRouteFiles(ctx.cluster).map(({ path, content }) => ({ path, sum: sha256(content) }))
    const question = guestRoutesQuestion(ctx.cluster, sums)
    const asked = await Promise.all(
      nodes(cluster).map(async ({ name }) => {
        const { stdout } = await fleet
          .machine(name)
          .sh(question, { timeoutMs: 15_000, allowFailure: true })
          .catch(() => ({ stdout: '' }))
        return stdout.trim() === 'in-place' ? [] : [name]
      }),
    )
    const without = asked.flat()
    return without.length === 0 ? { state: 'done' } : { state: 'todo', reason: `not on ${without.join(', ')}` }
  },
  run: async (ctx) => {
    const { cluster, fleet } = hostOf(ctx)
    const unit = guestUnit(ctx.cluster.name)
    const script = `set -e
systemctl daemon-reload
systemctl enable --no-reload --quiet ${unit}
systemctl start ${unit}
${guestScriptPath(ctx.cluster.name)} up
`
    await Promise.all(
      nodes(cluster).map(async ({ name }) => {
        const machine = fleet.machine(name)
        await machine.write(guestRouteFiles(ctx.cluster))
        await machine.sh(script, { timeoutMs: 30_000 })
      }),
    )
  },
}

const wanted = async (ctx: StepContext): Promise<KubernetesObject[] | undefined> => {
  const { hosted } = ctx.cluster
  const secrets = await ctx.hostedSecrets?.()
  return hosted && secrets && hostedObjects(ctx.cluster, hosted, ctx.timing, secrets)
}

const isLeaving = (object: { metadata: object } | undefined): boolean => object !== undefined && 'deletionTimestamp' in object.metadata

/** Refusals of the host cluster that the user can do something about. */
const refusal = (ctx: StepContext, error: unknown): unknown => {
  if (!(error instanceof ApiError) || error.status !== 422 || !/port|loadBalancer/i.test(error.text)) return error
  return fault('Q4042', { host: hostOf(ctx).cluster.name, message: error.text }, { cause: error })
}

/** All objects of the control plane, each by itself the same however often it is declared; keys that changed start new pods one after another. */
export const declareHosted: StepWork = {
  observe: async (ctx): Promise<Seen> => {
    const client = await hostOf(ctx).api(2000)
    if (!client) return { state: 'todo', reason: 'the host cluster does not answer' }
    const objects = await wanted(ctx)
    if (!objects) return { state: 'todo', reason: 'certificates are not issued yet' }
    const seen = await Promise.all(
      objects.map(async (object) => {
        const found = await client.find<KubernetesObject>(await client.pathOf(object), { deadlineMs: askMs })
        return { object, digest: found && !isLeaving(found) ? (found.metadata.annotations?.[hostedDigest] ?? '') : undefined }
      }),
    )
    const missing = seen.filter((one) => one.digest === undefined)
    const other = seen.filter(({ object, digest }) => digest !== undefined && digest !== object.metadata.annotations?.[hostedDigest])
    if (missing.length + other.length === 0) return { state: 'done' }
    const first = (missing[0] ?? other[0])?.object
    return { state: 'todo', reason: `${missing.length} missing, ${other.length} different: ${first?.kind} ${first?.metadata.name}` }
  },
  run: async (ctx) => {
    const client = await hostApi(ctx, 30_000)
    const objects = await wanted(ctx)
    if (!objects) throw fault('Q4001', { reason: 'no certificates were issued' })
    const path = `/api/v1/namespaces/${hostedNamespace(ctx.cluster.name)}`
    const endMs = performance.now() + leavingMs
    while (isLeaving(await client.find(path, { deadlineMs: askMs }))) {
      ctx.signal?.throwIfAborted()
      if (performance.now() > endMs)
        throw fault('Q4043', { host: hostOf(ctx).cluster.name, namespace: hostedNamespace(ctx.cluster.name), seconds: leavingMs / 1000 })
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    try {
      await declareAll(client, objects, ctx.signal)
    } catch (error) {
      throw refusal(ctx, error)
    }
  },
}
