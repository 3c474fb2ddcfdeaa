import { EtcdClient } from '../client/etcd.js'
import { KubernetesClient } from '../client/kubernetes.js'
import type { Dial, TlsIdentity } from '../client/transport.js'
import { type Cluster, etcdMachines } from '../model/cluster.js'
import { type ApiDoor, apiDoors } from '../render/endpoint.js'
import { FirstAnswer } from './first-answer.js'

const etcdClientPort = 2379

/** Clients to every part of a cluster that can be asked over the network. Kept while a cluster is watched, so a poll costs no handshake. */
export interface Connections {
  /** By machine, each at its own address; of a hosted control plane by node of its host, whether or not an API server runs there. */
  apiServers: ReadonlyMap<string, KubernetesClient>
  endpoint: KubernetesClient
  etcd: readonly { machine: string; client: EtcdClient }[]
  /** The API servers of the host of a hosted control plane; theirs is to be closed by whoever opened them. */
  host?: FirstAnswer
  close(): void
}

export interface ConnectionOptions {
  cluster: Cluster
  fleet: { dial: Dial }
  adminTls: TlsIdentity
  etcdTls: TlsIdentity
  /** Connections to the host of a hosted control plane. */
  host?: Connections
}

const etcdTargets = (cluster: Cluster): { machine: string; host: string; port: number }[] => {
  if (!cluster.etcd.external) return etcdMachines(cluster).map((m) => ({ machine: m.name, host: m.address, port: etcdClientPort }))
  return cluster.etcd.external.endpoints.map((text) => {
    const url = new URL(text)
    return { machine: url.host, host: url.hostname, port: Number(url.port) || etcdClientPort }
  })
}

/** The endpoint of a hosted control plane is on its own nodes only: who is elsewhere goes through the first door that opens. */
const dialAny =
  (dial: Dial, doors: readonly ApiDoor[]): Dial =>
  async (_host, _port, options) => {
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    let won = false
    const attempts = doors.map(async ({ address, port }) => {
      const connection = await dial(address, port, { ...options, signal })
      if (won) {
        connection.destroy()
        throw new Error('another door was first')
      }
      won = true
      return connection
    })
    try {
      return await Promise.any(attempts)
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      stop.abort(new Error('another door was first'))
    }
  }

/** Opens nothing yet: each client connects at its first call. */
export const openConnections = ({ cluster, fleet, adminTls, etcdTls, host }: ConnectionOptions): Connections => {
  const dial: Dial = (host, port, options) => fleet.dial(host, port, options)
  const apiServers = new Map(
    apiDoors(cluster).map((m) => [m.name, new KubernetesClient({ host: m.address, port: m.port, tls: adminTls, dial, deadlineMs: 2000 })]),
  )
  const { address, port } = cluster.endpoint
  const outside = cluster.hosted ? dialAny(dial, apiDoors(cluster)) : dial
  const endpoint = new KubernetesClient({ host: address, port, tls: adminTls, dial: outside, deadlineMs: 2000 })
  const etcd = etcdTargets(cluster).map(({ machine, host, port }) => ({
    machine,
    client: new EtcdClient({ host, port, tls: etcdTls, dial, deadlineMs: 2000 }),
  }))
  return {
    apiServers,
    endpoint,
    etcd,
    ...(host ? { host: new FirstAnswer([...host.apiServers.values()]) } : {}),
    close: () => {
      for (const client of [...apiServers.values(), endpoint]) client.close()
      for (const { client } of etcd) client.close()
    },
  }
}
