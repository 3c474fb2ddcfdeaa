import type { BalancerKind, Cluster } from '../model/cluster.js'
import { defaults } from './defaults.js'
import { formatAddress } from './ipv4.js'
import { loadCluster } from './load.js'

export interface InitOptions {
  name: string
  controlPlanes: number
  workers: number
  /** 0 puts balancers on the control planes. */
  balancers: number
  zones: number
}

interface Row {
  name: string
  address: string
  zone: string | undefined
  roles: string
}

const zoneNames = 'abcdefghijklmnopqrstuvwxyz'

/** Numbers beyond the lab's /24 blocks would collide, so each kind of machine gets a stretch as long as it needs. */
const rowsOf = ({ controlPlanes, workers, balancers, zones }: InitOptions, shared: boolean): Row[] => {
  const kinds = [
    { prefix: 'lb', count: shared ? balancers : 0, roles: 'balancer' },
    { prefix: 'cp', count: controlPlanes, roles: shared && balancers === 0 ? 'control-plane, etcd, balancer' : 'control-plane, etcd' },
    { prefix: 'w', count: workers, roles: 'worker' },
  ]
  let next = 11
  return kinds.flatMap(({ prefix, count, roles }) => {
    const start = next
    next = Math.max(start + 10, Math.ceil((start + count - 1) / 10) * 10 + 1)
    return Array.from({ length: count }, (_, i) => ({
      name: `${prefix}-${i + 1}`,
      address: formatAddress(0x0a630000 + start + i),
      zone: zones > 0 ? zoneNames[i % Math.min(zones, 26)] : undefined,
      roles,
    }))
  })
}

/** What the endpoint is depends on who answers there. */
const endpointOf = (rows: readonly Row[], balancer: BalancerKind): { about: string; address: string } => {
  const plane = rows.find((row) => row.roles.startsWith('control-plane'))?.address ?? '10.99.0.21'
  if (balancer === 'node-local') return { about: "For clients outside the nodes: a control plane's address.", address: plane }
  if (balancer === 'external') return { about: 'The address of your balancer.', address: '10.99.0.10' }
  return { about: "The virtual IP, where every client reaches the API: a free address of the machines' subnet.", address: '10.99.0.10' }
}

const machineLine = (row: Row): string =>
  `  - { name: ${row.name}, address: ${row.address}, ${row.zone ? `zone: ${row.zone}, ` : ''}roles: [${row.roles}] }`

/** A new cluster file as commented YAML. Machines are spread over the zones one after another, in 10.99.0.0/24. */
export const initText = (options: InitOptions, balancer: BalancerKind = 'haproxy-keepalived'): string => {
  const rows = rowsOf(options, balancer === 'haproxy-keepalived' || balancer === 'nginx-keepalived')
  const endpoint = endpointOf(rows, balancer)
  // Beyond one /24 the machines need a larger subnet, and with a /24 of pods for each address there, so do the pods.
  const wide = rows.some((row) => !/^10\.99\.0\.(?!25[45]$)/.test(row.address))
  return `# yaml-language-server: $schema=./cluster-v1alpha1.json
# For completion in an editor: quorate config schema > cluster-v1alpha1.json
# Every field: quorate config explain. What is left out here: quorate config defaults.
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata:
  name: ${options.name}
spec:
  kubernetesVersion: ${defaults.kubernetesVersion}
  # ${endpoint.about}
  endpoint:
    address: ${endpoint.address}
    port: 6443
  # haproxy-keepalived | nginx-keepalived | node-local | external
  balancer: ${balancer}
  # fast = one room, standard = one city, wide-area = further. One word sets every detection time.
  timing: fast
  network:
    podSubnet: ${wide ? '10.128.0.0/12' : '10.244.0.0/16'}
    serviceSubnet: 10.96.0.0/16
${wide ? '    machineSubnet: 10.99.0.0/20\n' : ''}    # routed = static routes between machines of one subnet; or { manifest: ./cni.yaml }; or none
    plugin: routed
  # Take this in to reach machines of your own; without it quorate makes them on this computer.
  # ssh: { user: root, identityFile: ~/.ssh/id_ed25519 }
  #
  # The topology follows from the roles: control-plane and etcd together = stacked, apart = external etcd.
  # zone is what fails together: a rack, a room, a host of virtual machines.
  machines:
${rows.map(machineLine).join('\n')}
`
}

/** The cluster that is meant where no file is named: what initText writes without options, over three zones. */
export const defaultCluster = (): Cluster => {
  const { cluster } = loadCluster(initText({ name: 'demo', controlPlanes: 3, workers: 2, balancers: 2, zones: 3 }), 'demo')
  if (!cluster) throw new Error('the built-in cluster does not load')
  return cluster
}
