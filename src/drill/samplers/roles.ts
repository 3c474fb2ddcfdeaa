import { haproxyCommand, parseStat } from '../../client/haproxy.js'
import type { KubernetesClient } from '../../client/kubernetes.js'
import type { KubernetesObject } from '../../client/kubernetes-object.js'
import type { Fleet } from '../../machine/fleet.js'
import { type Cluster, controlPlanes, workers } from '../../model/cluster.js'
import { haproxyBackend, twinSuffix } from '../../render/haproxy.js'
import type { Roles } from '../victims.js'
import type { EtcdSampler } from './etcd-leader.js'
import type { HostedPods } from './hosted-pods.js'
import type { LeaseSampler } from './leases.js'
import type { OwnerSampler } from './owners.js'

export interface RoleSources {
  cluster: Cluster
  fleet: Fleet
  apiServers: ReadonlyMap<string, KubernetesClient>
  owners: OwnerSampler | undefined
  leases: LeaseSampler
  etcd: EtcdSampler
  /** Of a hosted control plane. */
  pods?: HostedPods
}

/** Server of the proxies' backend with the most sessions now, by machine. */
export const busiestServer = (stats: readonly string[]): string | undefined => {
  const sessions = new Map<string, number>()
  for (const row of stats.flatMap(parseStat)) {
    if (row.pxname !== haproxyBackend || row.svname === 'BACKEND' || row.svname === 'FRONTEND' || !row.svname) continue
    const machine = row.svname.endsWith(twinSuffix) ? row.svname.slice(0, -twinSuffix.length) : row.svname
    sessions.set(machine, (sessions.get(machine) ?? 0) + Number(row.scur || 0))
  }
  const [first] = [...sessions].sort(([, a], [, b]) => b - a)
  return first && first[1] > 0 ? first[0] : undefined
}

/** Machines whose haproxy clients go through: the holder of the virtual IP, or every worker for itself. */
const proxiesOf = ({ cluster, owners }: RoleSources): string[] => {
  if (cluster.balancer === 'node-local') return workers(cluster).map((m) => m.name)
  const holder = owners?.holder()
  return holder !== undefined && cluster.balancer === 'haproxy-keepalived' ? [holder] : []
}

const behindEndpoint = async (sources: RoleSources): Promise<string | undefined> => {
  const asked = proxiesOf(sources).map((name) =>
    haproxyCommand(sources.fleet.machine(name), 'show stat', { timeoutMs: 2000 }).catch(() => ''),
  )
  return busiestServer(await Promise.all(asked))
}

type Pod = KubernetesObject & { spec?: { nodeName?: string } }

const dnsNodes = async (apiServers: ReadonlyMap<string, KubernetesClient>): Promise<string[]> => {
  const path = '/api/v1/namespaces/kube-system/pods'
  const asked = [...apiServers.values()].map((client) => client.list<Pod>(path, { labelSelector: 'k8s-app=kube-dns', deadlineMs: 2000 }))
  const { items } = await Promise.any(asked)
  return [...new Set(items.flatMap((pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : [])))].sort()
}

/** Who plays which role right now. What cannot be seen is left out. Never throws. */
export const rolesNow = async (sources: RoleSources): Promise<Roles> => {
  const { cluster, owners, leases, etcd, apiServers, pods } = sources
  const [apiServer, dns] = await Promise.all([behindEndpoint(sources).catch(() => undefined), dnsNodes(apiServers).catch(() => [])])
  const seen = {
    etcdLeader: etcd.leader(),
    virtualIpHolder: owners?.holder(),
    controllerManager: leases.holder('kube-controller-manager'),
    scheduler: leases.holder('kube-scheduler'),
    apiServer,
  }
  const named = Object.fromEntries(Object.entries(seen).filter(([, name]) => name !== undefined))
  return { ...named, apiServers: pods?.apiServers() ?? controlPlanes(cluster).map((m) => m.name), dns }
}
