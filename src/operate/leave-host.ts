import { setTimeout as sleep } from 'node:timers/promises'
import type { KubernetesClient } from '../client/kubernetes.js'
import { reasonOf } from '../client/transport.js'
import { hostLabOf } from '../lab/lab.js'
import { type Cluster, nodes } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { problem } from '../model/problem.js'
import { guestRoutesRemoval } from '../render/guest-routes.js'
import { hostedNamespace } from '../render/hosted-names.js'
import { openHost } from './host.js'
import { readAppliedCluster } from './session.js'
import { stateRoot } from './state.js'

const callMs = 5000
/** Its programs have lost their machines, so nobody waits for their last requests. */
const graceMs = 1000
/** Nobody answers for pods of a node that is down: after this long they are struck off. */
const forceAfterMs = 12_000
const goneMs = 60_000

/** The host of a guest that was made on this computer, also when the guest's own file is lost or it was never up. */
const hostOf = async (guest: string): Promise<Cluster | undefined> => {
  const applied = await readAppliedCluster(guest)
  if (applied?.hosted) return applied.hosted.host
  const name = await hostLabOf(guest, stateRoot())
  return name === undefined ? undefined : readAppliedCluster(name)
}

/** Programs first: the controller of namespaces would come back for pods only after half the time that they may take to end. */
const removeNamespace = async (client: KubernetesClient, guest: string): Promise<void> => {
  const namespace = hostedNamespace(guest)
  const path = `/api/v1/namespaces/${namespace}`
  const call = { deadlineMs: callMs }
  if (!(await client.find(path, call))) return
  for (const kind of ['deployments', 'replicasets']) await client.raw('DELETE', `/apis/apps/v1/namespaces/${namespace}/${kind}`, call)
  const startedMs = performance.now()
  const endMs = startedMs + goneMs
  const until = async (gone: () => Promise<boolean>): Promise<void> => {
    while (!(await gone())) {
      if (performance.now() > endMs) throw new Error(`the namespace ${namespace} was not gone within ${goneMs / 1000} s`)
      await sleep(300)
    }
  }
  await until(async () => {
    const { items } = await client.list(`${path}/pods`, call)
    const grace = performance.now() - startedMs > forceAfterMs ? 0 : graceMs
    await Promise.all(items.map((pod) => client.delete(`${path}/pods/${pod.metadata.name}`, { ...call, graceMs: grace })))
    return items.length === 0
  })
  await client.delete(path, call)
  await until(async () => !(await client.find(path, call)))
}

/**
 * Takes a guest's control plane out of its host, and its routes off the host's nodes. A host that does not answer keeps nobody from taking the guest down:
 * what is left there is told in a warning.
 */
export const leaveHost = async (guest: string, emit: Emit): Promise<void> => {
  const host = await hostOf(guest)
  if (!host) return
  const open = await openHost(host)
  try {
    const client = await open.access.api(5000)
    const routes = nodes(host).map(({ name }) =>
      open.access.fleet.machine(name).sh(guestRoutesRemoval(guest), { timeoutMs: 15_000, allowFailure: true }),
    )
    const pods = client ? removeNamespace(client, guest) : Promise.reject(new Error('its API does not answer'))
    const failed = (await Promise.allSettled([pods, ...routes])).find((one) => one.status === 'rejected')
    if (!failed) return
    const data = { guest, host: host.name, namespace: hostedNamespace(guest), reason: reasonOf(failed.reason) }
    emit({ type: 'warned', problem: problem('Q4044', data, { severity: 'warning' }) })
  } finally {
    await open.close()
  }
}
