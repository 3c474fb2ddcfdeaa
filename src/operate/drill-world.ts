import { readFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import { checkCluster } from '../check/run-checks.js'
import { waitForClaims } from '../check/wait.js'
import type { KubernetesClient } from '../client/kubernetes.js'
import type { Ground } from '../drill/ground.js'
import { heal } from '../drill/heal.js'
import { openFault } from '../drill/inject/open-fault.js'
import { predictFault } from '../drill/predict.js'
import { defaultDeadlines, defaultRates, type ProberConfig } from '../drill/prober/protocol.js'
import { startProber } from '../drill/prober/start.js'
import { apiServerSource, memberSource } from '../drill/quiet.js'
import { startSamplers } from '../drill/samplers/start.js'
import type { DrillWorld, Watcher } from '../drill/world.js'
import { balancers, type Cluster, hasVirtualIp } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { apiDoors } from '../render/endpoint.js'
import type { ComputerFacts } from '../report/drill-report.js'
import { observing } from './claims-work.js'
import type { Session } from './session.js'

/** Everything that a drill writes lives in a namespace of its own, and goes with it: one that is still being emptied takes no new objects. */
const namespaceLabel = 'quorate.dev/drill'
/** Seldom, for looking costs the cluster what it needs to come back. */
const claimsEveryMs = 1000
/** Leader, leases and holder are known after a round of each sampler. */
const readyMs = 10_000

const computerFacts = async (lab: boolean): Promise<ComputerFacts> => {
  const release_ = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return {
    lab,
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(release_)?.[1] ?? 'unknown',
    node: process.version,
  }
}

const registryOf = (cluster: Cluster): string => cluster.etcd.external?.prefix ?? '/registry'

const namespaceOf = (run: string): string => `quorate-drill-${run}`

const proberConfig = async (session: Session, run: string): Promise<ProberConfig> => {
  const { cluster, pki } = session
  if (!pki) throw fault('Q4031', { cluster: cluster.name })
  const { ca, cert = '', key = '' } = await pki.adminTls()
  const doors = apiDoors(cluster).map(({ address, port }) => ({ host: address, port }))
  return {
    v: 1,
    endpoint: { name: 'endpoint', doors: cluster.hosted ? doors : [{ host: cluster.endpoint.address, port: cluster.endpoint.port }] },
    apiServers: apiDoors(cluster).map(({ name }, i) => ({ name, doors: doors.slice(i, i + 1) })),
    tls: { ca, cert, key },
    serverName: 'kubernetes',
    namespace: namespaceOf(run),
    run,
    // With node-local proxies the endpoint is one machine, for people; what must not fail is asked on the nodes.
    rates: cluster.balancer === 'node-local' ? { ...defaultRates, newHz: 0 } : defaultRates,
    deadlines: defaultDeadlines,
  }
}

/** Asks API servers in turn until one does it. */
const onAnyServer = async <T>(session: Session, work: (client: KubernetesClient) => Promise<T>) => {
  const client = await session.ctx.api(10_000)
  if (!client) throw fault('Q4031', { cluster: session.cluster.name })
  return work(client)
}

const namespacePath = (name: string): string => `/api/v1/namespaces/${name}`

/** Makes the namespace of this drill, and lets go those that drills left which were killed. */
const makeNamespace = async (client: KubernetesClient, name: string): Promise<void> => {
  const left = await client.list('/api/v1/namespaces', { labelSelector: namespaceLabel })
  for (const one of left.items)
    if (one.metadata.name !== undefined) await client.delete(namespacePath(one.metadata.name)).catch(() => false)
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [namespaceLabel]: 'true' } } })
}

/** The real surroundings of a drill: a session, the machines that it may break, prober and samplers. */
export const drillWorld = async (session: Session, ground: Ground): Promise<DrillWorld> => {
  const { connections } = session
  const { cluster, fleet, lab } = ground
  if (!connections) throw fault('Q4031', { cluster: cluster.name })
  const looking = await observing(session)
  const run = `q${Math.floor(Date.now() / 1000).toString(36)}`
  const namespace = namespaceOf(run)
  return {
    cluster,
    timing: session.ctx.timing,
    computer: await computerFacts(lab !== undefined),
    mayHold: hasVirtualIp(cluster) ? balancers(cluster).map((m) => m.name) : [],
    predict: (spec) => predictFault(spec, cluster),
    check: (only) => checkCluster({ ...looking, ...(only ? { only } : {}) }),
    waitForClaims: (deadlineMs, signal) => waitForClaims({ ...looking, signal }, { deadlineMs, everyMs: claimsEveryMs }),
    open: (spec, victims, options) => openFault(spec, victims, { ...ground, ...options }),
    watch: async (sink): Promise<Watcher> => {
      await onAnyServer(session, (client) => makeNamespace(client, namespace))
      const over = new AbortController()
      const samplers = startSamplers({ cluster, fleet, connections, signal: over.signal })
      const prober = await startProber(await proberConfig(session, run), {
        ...(lab ? { namespace: lab.paths.namespace } : {}),
        onOperation: sink.operation,
        onWatchEvent: sink.watchEvent,
        onProblem: sink.problem,
      }).catch((error: unknown) => {
        over.abort()
        throw error
      })
      for (const what of await samplers.ready(readyMs)) sink.problem(`not seen yet: ${what}`)
      return {
        beginSet: (set) => prober.beginSet(set),
        quiet: (openWithinMs) => prober.quiet(openWithinMs),
        series: (fromMs, toMs) => [...prober.series(fromMs, toMs), ...samplers.series(fromMs, toMs)],
        intervals: () => {
          const { owners, etcdLeader, controllerManager, scheduler } = samplers.intervals()
          return {
            owners,
            leaders: [
              { name: 'etcd leader', intervals: etcdLeader },
              { name: 'controller-manager', intervals: controllerManager },
              { name: 'scheduler', intervals: scheduler },
            ],
          }
        },
        roles: () => samplers.roles(),
        forget: (beforeMs) => {
          prober.forget(beforeMs)
          samplers.forget(beforeMs)
        },
        blind: () => samplers.blind(),
        ended: prober.ended,
        stop: async () => {
          over.abort()
          await prober.stop()
          // Thousands of objects: they go in the background, also when nobody waits for it.
          await onAnyServer(session, (client) => client.delete(namespacePath(namespace))).catch(() => false)
        },
      }
    },
    finalSources: (prefix) => [
      ...[...connections.apiServers].map(([machine, client]) => apiServerSource(machine, client, namespace, prefix)),
      ...connections.etcd.map(({ machine, client }) => memberSource(machine, client, registryOf(cluster), namespace, prefix)),
    ],
    hashSources: () =>
      connections.etcd.map(({ machine, client }) => ({
        member: machine,
        hash: async (atRevision) => {
          const { hash, hashRevision, compactRevision } = await client.hashKv(atRevision, { deadlineMs: 5000 })
          return { revision: hashRevision, hash, compacted: compactRevision }
        },
      })),
    heal: async () => {
      const healed = await heal(ground)
      return healed.map(({ machine, what }) => `${machine}: ${what}`)
    },
  }
}
