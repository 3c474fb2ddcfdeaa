import { EtcdClient } from '../client/etcd.js'
import { KubernetesClient } from '../client/kubernetes.js'
import type { Dial, TlsIdentity } from '../client/transport.js'
import { type Cluster, controlPlanes, etcdMachines } from '../model/cluster.js'
import { apiServerPort } from '../render/endpoint.js'

const etcdClientPort = 2379

/** Clients to every part of a cluster that can be asked over the network. Kept while a cluster is watched, so a poll costs no handshake. */
export interface Connections {
  /** By machine, each at its own address. */
  apiServers: ReadonlyMap<string, KubernetesClient>
  endpoint: KubernetesClient
  etcd: readonly { machine: string; client: EtcdClient }[]
  close(): void
}

export interface ConnectionOptions {
  cluster: Cluster
  fleet: { dial: Dial }
  adminTls: TlsIdentity
  etcdTls: TlsIdentity
}

const etcdTargets = (cluster: Cluster): { machine: string; host: string; port: number }[] => {
  if (!cluster.etcd.external) return etcdMachines(cluster).map((m) => ({ machine: m.name, host: m.address, port: etcdClientPort }))
  return cluster.etcd.external.endpoints.map((text) => {
    const url = new URL(text)
    return { machine: url.host, host: url.hostname, port: Number(url.port) || etcdClientPort }
  })
}

/** Opens nothing yet: each client connects at its first call. */
export const openConnections = ({ cluster, fleet, adminTls, etcdTls }: ConnectionOptions): Connections => {
  const dial: Dial = (host, port, options) => fleet.dial(host, port, options)
  const apiServers = new Map(
    controlPlanes(cluster).map((m) => [
      m.name,
      new KubernetesClient({ host: m.address, port: apiServerPort, tls: adminTls, dial, deadlineMs: 2000 }),
    ]),
  )
  const { address, port } = cluster.endpoint
  const endpoint = new KubernetesClient({ host: address, port, tls: adminTls, dial, deadlineMs: 2000 })
  const etcd = etcdTargets(cluster).map(({ machine, host, port }) => ({
    machine,
    client: new EtcdClient({ host, port, tls: etcdTls, dial, deadlineMs: 2000 }),
  }))
  return {
    apiServers,
    endpoint,
    etcd,
    close: () => {
      for (const client of [...apiServers.values(), endpoint]) client.close()
      for (const { client } of etcd) client.close()
    },
  }
}
