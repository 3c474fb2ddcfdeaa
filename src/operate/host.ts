import type { KubernetesClient } from '../client/kubernetes.js'
import type { Cluster } from '../model/cluster.js'
import { type Connections, openConnections } from '../observe/connections.js'
import { findPki } from '../pki/pki.js'
import { until } from '../run/retry.js'
import type { HostAccess } from '../steps/context.js'
import { targetOf } from './place.js'
import { stateOf } from './state.js'

/** The way into the cluster that hosts a control plane, for as long as a session lasts. Nothing of the host is changed by opening it. */
export interface OpenHost {
  access: HostAccess
  /** Undefined where this computer has no keys of the host. */
  connections: Connections | undefined
  close(): Promise<void>
}

export const openHost = async (host: Cluster, signal?: AbortSignal): Promise<OpenHost> => {
  const { fleet } = targetOf(host)
  const pki = await findPki(stateOf(host.name).pki)
  const connections = pki && openConnections({ cluster: host, fleet, adminTls: await pki.adminTls(), etcdTls: await pki.etcdTls(host) })
  const firstReady = (): Promise<KubernetesClient | undefined> =>
    Promise.any(
      [...(connections?.apiServers.values() ?? [])].map(async (client) => {
        if (!(await client.readyz({ deadlineMs: 1000 })).ready) throw new Error('not ready')
        return client
      }),
    ).catch(() => undefined)
  return {
    access: {
      cluster: host,
      fleet,
      known: connections !== undefined,
      api: (deadlineMs) => until({ everyMs: 200, deadlineMs }, firstReady, () => new Error('none is ready'), signal).catch(() => undefined),
    },
    connections,
    close: async () => {
      connections?.close()
      await fleet.close()
    },
  }
}
