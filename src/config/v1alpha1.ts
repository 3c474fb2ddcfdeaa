import { z } from 'zod'
import { balancerKinds, roles, type TimingName, timingNames } from '../model/cluster.js'
import { defaults } from './defaults.js'

const text = (description: string, more: Record<string, unknown> = {}) =>
  z
    .string()
    .min(1)
    .meta({ description, ...more })
const address = (description: string) => text(description, { format: 'ipv4' })
const cidr = (description: string, value?: string) =>
  text(description, { pattern: '^[0-9.]+/[0-9]+$', ...(value === undefined ? {} : { default: value }) })
const port = (description: string, value: number) => z.int().min(1).max(65_535).meta({ description, default: value })

const ssh = (description: string) =>
  z
    .strictObject({
      user: text('User to log in as; must be root or able to sudo without a password.', { default: defaults.sshUser }).optional(),
      port: port('Port of the SSH server.', defaults.sshPort).optional(),
      identityFile: text('Private key file, relative to this file; absent = what ssh_config and the agent offer.').optional(),
      knownHostsFile: text('File with the host keys that are believed, relative to this file; absent = your known_hosts.').optional(),
    })
    .meta({ description })

const machine = z
  .strictObject({
    name: text('Host name; the Kubernetes node and the etcd member carry it too. Lower case letters, digits and hyphens.'),
    address: address('IPv4 address at which SSH, etcd peers and the API server are reached.'),
    zone: text('Failure domain, such as a rack or a room; becomes the label topology.kubernetes.io/zone.').optional(),
    roles: z.array(z.enum(roles)).min(1).meta({
      description: 'What the machine does. The topology follows: control-plane and etcd together = stacked, apart = external etcd.',
    }),
    ssh: ssh('How to reach this machine over SSH; what is absent comes from spec.ssh.').optional(),
  })
  .meta({ description: 'One machine.' })

const network = z
  .strictObject({
    podSubnet: cidr('Addresses of pods; every node gets a /24 of it.', defaults.podSubnet).optional(),
    serviceSubnet: cidr('Addresses of Services.', defaults.serviceSubnet).optional(),
    machineSubnet: cidr('Subnet of the machines and of the virtual IP; absent = the /24 around the machines.').optional(),
    dnsDomain: text('Domain of the names of Services.', { default: defaults.dnsDomain }).optional(),
    nodePortRange: text('Ports that Services of type NodePort may take on every node, FIRST-LAST.', {
      default: defaults.nodePortRange,
    }).optional(),
    plugin: z
      .union([
        z.enum(['routed', 'none']),
        z
          .strictObject({ manifest: text('Manifest file of a network plugin, relative to this file; applied as it is.') })
          .meta({ description: 'A network plugin of your own.' }),
      ])
      .meta({
        description:
          'How pods of different nodes reach each other: routed = static routes between machines of one subnet; none = you install one.',
        default: defaults.plugin,
      })
      .optional(),
  })
  .meta({ description: 'Subnets and the pod network.' })

const externalEtcd = z
  .strictObject({
    endpoints: z.array(text('Client address, https://HOST:2379.')).min(1).meta({ description: 'Client addresses of all members.' }),
    caFile: text('Certificate of the authority of etcd, relative to this file.'),
    certFile: text('Client certificate, relative to this file.'),
    keyFile: text('Key of the client certificate, relative to this file.'),
    prefix: text('Key prefix of this cluster; lets two clusters share one etcd.').optional(),
  })
  .meta({ description: 'An etcd that you run; then no machine carries the role etcd.' })

const hosted = z
  .strictObject({
    cluster: text('File of the cluster whose nodes run the control plane, relative to this file.'),
    replicas: z
      .int()
      .min(1)
      .max(9)
      .meta({ description: 'Pods of each component, each on a node of its own.', default: defaults.hostedReplicas })
      .optional(),
    service: z
      .strictObject({
        type: z
          .enum(['NodePort', 'LoadBalancer'])
          .meta({
            description: 'NodePort = at every node of the host cluster; LoadBalancer = at one address of its pool.',
            default: 'NodePort',
          })
          .optional(),
        port: port('Port on every node of the host cluster, for NodePort.', defaults.hostedNodePort).optional(),
        address: address('Address of the pool of the host cluster, for LoadBalancer.').optional(),
      })
      .meta({ description: 'How the API servers are reached at the host cluster.' })
      .optional(),
  })
  .meta({ description: 'The control plane runs as pods of another cluster; then no machine carries the role control-plane.' })

const spec = z
  .strictObject({
    kubernetesVersion: text('Version of Kubernetes, with leading v.', { default: defaults.kubernetesVersion }).optional(),
    endpoint: z
      .strictObject({
        address: address('The virtual IP, or the address of your own balancer.'),
        port: port('Port of the API at this address.', defaults.endpointPort).optional(),
      })
      .meta({ description: 'Where every client reaches the API.' }),
    balancer: z
      .enum(balancerKinds)
      .meta({ description: 'What stands between clients and the API servers.', default: defaults.balancer })
      .optional(),
    timing: z
      .enum(timingNames as readonly [TimingName, ...TimingName[]])
      .meta({
        description:
          'The profile that sets every detection time: fast = one room, standard = one city, wide-area = further. guide is for comparison only.',
        default: defaults.timing,
      })
      .optional(),
    network: network.optional(),
    virtualRouterId: z
      .int()
      .min(1)
      .max(255)
      .meta({ description: 'VRRP router id, unique on the network segment; absent = derived from name and endpoint.' })
      .optional(),
    etcd: z.strictObject({ external: externalEtcd.optional() }).meta({ description: 'Where etcd is, if you run it yourself.' }).optional(),
    controlPlane: z
      .strictObject({ hosted: hosted.optional() })
      .meta({ description: 'Where the control plane runs, if not on machines of this file.' })
      .optional(),
    dns: z
      .strictObject({
        replicas: z
          .int()
          .min(1)
          .max(100)
          .meta({ description: 'Pods of CoreDNS, spread over nodes and zones.', default: defaults.dnsReplicas })
          .optional(),
      })
      .meta({ description: 'Cluster DNS.' })
      .optional(),
    loadBalancer: z
      .strictObject({
        addressPool: z
          .array(text('A CIDR, or FIRST-LAST.'))
          .min(1)
          .meta({ description: 'Addresses for Services of type LoadBalancer, not used by any machine.' }),
      })
      .meta({ description: 'Installs MetalLB; absent = not installed.' })
      .optional(),
    ssh: ssh('How to reach all machines over SSH; absent = quorate makes the machines on this computer.').optional(),
    machines: z.array(machine).min(1).meta({ description: 'All machines.' }),
  })
  .meta({ description: 'The cluster.' })

/** The cluster file, version v1alpha1, as it is written: strict, nothing filled in, nothing transformed. */
export const wireSchema = z
  .strictObject({
    apiVersion: z.literal('quorate.dev/v1alpha1').meta({ description: 'Version of this file format.' }),
    kind: z.literal('Cluster').meta({ description: 'Always Cluster.' }),
    metadata: z
      .strictObject({ name: text('Name of the cluster. Lower case letters, digits and hyphens.') })
      .meta({ description: 'Identity of the cluster.' }),
    spec,
  })
  .meta({ title: 'quorate cluster', description: 'A highly available Kubernetes cluster.' })

export type Wire = z.infer<typeof wireSchema>
export type WireMachine = Wire['spec']['machines'][number]
export type WireSsh = NonNullable<WireMachine['ssh']>
