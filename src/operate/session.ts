import { mkdir, readFile, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { KubernetesClient } from '../client/kubernetes.js'
import { timingOf } from '../config/timing.js'
import type { Fleet } from '../machine/fleet.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import type { MachineFacts } from '../model/observed.js'
import { type Connections, openConnections } from '../observe/connections.js'
import { observeMachine } from '../observe/machine-facts.js'
import { findPki, type KeptPki, openPki, type Pki } from '../pki/pki.js'
import { type ManagedFile, machineFiles } from '../render/machine-files.js'
import { quorumGate } from '../run/gate.js'
import { until } from '../run/retry.js'
import type { StepContext } from '../steps/context.js'
import { questionsAbout } from '../steps/questions.js'
import { makeTurns } from '../steps/turns.js'
import { openHost } from './host.js'
import { interfaceOf } from './interface.js'
import { memo } from './memo.js'
import { type StateDir, stateOf } from './state.js'

export interface SessionOptions {
  emit: Emit
  signal?: AbortSignal
  bundleDigest: string
  install?: (machine: string) => Promise<void>
  /** While planning, no key is made and nothing is written. */
  readOnly: boolean
  state?: StateDir
}

/** Everything that is open while quorate works on one cluster: keys, machines, clients. Close it, whatever happened. */
export interface Session {
  cluster: Cluster
  state: StateDir
  fleet: Fleet
  ctx: StepContext
  /** Undefined only in a read-only session of a cluster that has no keys yet. */
  pki: Pki | KeptPki | undefined
  /** Clients to every API server and etcd member; undefined without keys. */
  connections: Connections | undefined
  close(): Promise<void>
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** The interface of every lab machine, as systemd-nspawn names it. */
const labInterface = 'host0'

/** Opens a session on a fleet whose machines may be anything between absent and in full service. */
export const openSession = async (cluster: Cluster, fleet: Fleet, options: SessionOptions): Promise<Session> => {
  const state = options.state ?? stateOf(cluster.name)
  if (!options.readOnly) await mkdir(state.dir, { recursive: true, mode: 0o700 })
  const pki = options.readOnly ? await findPki(state.pki) : await openPki(state.pki)
  const host = cluster.hosted && (await openHost(cluster.hosted.host, options.signal))
  const connections = pki
    ? openConnections({
        cluster,
        fleet,
        adminTls: await pki.adminTls(),
        etcdTls: await pki.etcdTls(cluster),
        ...(host?.connections ? { host: host.connections } : {}),
      })
    : undefined
  const timing = timingOf(cluster)
  // By the computer alone: a lab that grows must not have to start everything anew.
  const shared = fleet.isLab ? { goThreads: Math.max(1, Math.floor(availableParallelism() / 4)) } : {}

  /**
   * Files of one machine, rendered once: for the question what is there, and for the comparison. `confined`: the machine shares its kernel with
   * others, so kubelet and containerd must not touch what is not theirs alone.
   */
  const rendered = new Map<string, Promise<{ plain: ManagedFile[]; secret: ManagedFile[] | undefined }>>()
  const own = (name: string, iface: string, confined: boolean): Promise<{ plain: ManagedFile[]; secret: ManagedFile[] | undefined }> => {
    const key = `${name} ${iface} ${confined}`
    const have = rendered.get(key) ?? render(name, iface, confined)
    rendered.set(key, have)
    return have
  }
  const render = async (
    name: string,
    iface: string,
    confined: boolean,
  ): Promise<{ plain: ManagedFile[]; secret: ManagedFile[] | undefined }> => {
    const machine = cluster.machines.find((m) => m.name === name)
    if (!machine) return { plain: [], secret: [] }
    return {
      plain: machineFiles(cluster, machine, timing, { lab: confined, iface, ...shared }),
      secret: await pki?.filesFor(cluster, machine),
    }
  }
  const facts = memo(async (name: string): Promise<MachineFacts> => {
    // Asked before it is known what the machine is: a container has the longer list of files.
    const { plain, secret = [] } = await own(name, labInterface, true)
    const files = [...plain, ...secret].map((f) => f.path)
    return observeMachine(fleet.machine(name), questionsAbout(files))
  })
  const desired = memo(async (name: string): Promise<ManagedFile[] | undefined> => {
    const seen = fleet.isLab ? undefined : await facts(name)
    const iface = seen ? interfaceOf(seen, cluster, labInterface) : labInterface
    const { plain, secret } = await own(name, iface, fleet.isLab || seen?.container !== undefined)
    return secret ? [...plain, ...secret] : undefined
  })

  const firstReady = async (patienceMs: number): Promise<KubernetesClient | undefined> => {
    const asked = [...(connections?.apiServers.values() ?? [])].map(async (client) => {
      if (!(await client.readyz({ deadlineMs: patienceMs })).ready) throw new Error('not ready')
      return client
    })
    return Promise.any(asked).catch(() => undefined)
  }
  let answering: KubernetesClient | undefined
  const served = (): Promise<boolean> => exists(state.served)
  const memberHealthy = async (name: string): Promise<boolean> => {
    const member = connections?.etcd.find((m) => m.machine === name)
    const status = await member?.client.status({ deadlineMs: 2000 })
    return status !== undefined && status.leaderId !== '0' && !status.isLearner
  }

  const ctx: StepContext = {
    cluster,
    timing,
    fleet,
    emit: options.emit,
    ...(options.signal ? { signal: options.signal } : {}),
    facts,
    forget: (machine) => facts.forget(machine),
    learn: (machine, { files = {}, units = {} }) =>
      facts.learn(machine, (have) => ({ ...have, files: { ...have.files, ...files }, units: { ...have.units, ...units } })),
    desired,
    api: async (deadlineMs) => {
      if (!connections) return undefined
      if (answering) return answering
      // One that has served before and is late is busy; it must not be taken for one that has yet to come.
      const busyMs = (await served()) ? 5000 : 0
      const first = (): Promise<KubernetesClient | undefined> => firstReady(Math.max(1000, busyMs))
      const limit = { everyMs: 200, deadlineMs: Math.max(deadlineMs, busyMs) }
      answering = await until(limit, first, () => new Error('none is ready'), options.signal).catch(() => undefined)
      return answering
    },
    forgetApi: () => {
      answering = undefined
    },
    etcd: connections?.etcd ?? [],
    endpoint: connections?.endpoint,
    etcdServedBefore: served,
    inTurn: makeTurns(),
    requireQuorumWithout: quorumGate(cluster, memberHealthy, served),
    bundleDigest: options.bundleDigest,
    ...(host ? { host: host.access, hostedSecrets: async () => pki?.hostedSecrets(cluster) } : {}),
    ...(options.install ? { install: options.install } : {}),
  }
  return {
    cluster,
    state,
    fleet,
    ctx,
    pki,
    connections,
    close: async () => {
      connections?.close()
      await fleet.close()
      await host?.close()
    },
  }
}

/** The cluster as it was last applied, by name; undefined when it was never applied from this computer. */
export const readAppliedCluster = async (name: string): Promise<Cluster | undefined> => {
  try {
    return JSON.parse(await readFile(stateOf(name).cluster, 'utf8')) as Cluster
  } catch {
    return undefined
  }
}
