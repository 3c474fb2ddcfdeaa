import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Cluster, Hosted, MachineSpec, NetworkPlugin, SshAccess } from '../model/cluster.js'
import { defaults } from './defaults.js'
import { formatAddress, parseAddress, parseCidr } from './ipv4.js'
import type { Wire, WireMachine, WireSsh } from './v1alpha1.js'

/**
 * A router id from name and endpoint, 1..255, the same at every run. Never 51: it is what the guides copy, so another pair on the segment
 * may well have it, and two pairs with one id take each other's addresses (RFC 9568, 5.2.3).
 */
export const routerIdOf = (name: string, endpoint: string): number => {
  const n = (createHash('sha256').update(`${name}\n${endpoint}`).digest().readUInt32BE(0) % 254) + 1
  return n >= 51 ? n + 1 : n
}

/** The /24 in which most machines are, the first of equals: one mistyped address must not make all others look wrong. */
export const machineSubnetOf = (addresses: readonly string[]): string => {
  const count = new Map<number, number>()
  for (const n of addresses.map(parseAddress)) {
    if (n !== undefined) count.set(Math.floor(n / 256), (count.get(Math.floor(n / 256)) ?? 0) + 1)
  }
  const most = [...count].reduce<[number, number] | undefined>((best, one) => (best && best[1] >= one[1] ? best : one), undefined)
  return most === undefined ? '0.0.0.0/0' : `${formatAddress(most[0] * 256)}/24`
}

/** Paths in the file are relative to the file. */
export const pathIn = (file: string, path: string): string =>
  path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(dirname(file), path)

const sshOf = (all: WireSsh | undefined, own: WireSsh | undefined, file: string): SshAccess | undefined => {
  if (!all && !own) return undefined
  const identityFile = own?.identityFile ?? all?.identityFile
  const knownHostsFile = own?.knownHostsFile ?? all?.knownHostsFile
  return {
    user: own?.user ?? all?.user ?? defaults.sshUser,
    port: own?.port ?? all?.port ?? defaults.sshPort,
    ...(identityFile === undefined ? {} : { identityFile: pathIn(file, identityFile) }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile: pathIn(file, knownHostsFile) }),
  }
}

const machineOf = (wire: WireMachine, all: WireSsh | undefined, file: string): MachineSpec => {
  const ssh = sshOf(all, wire.ssh, file)
  return {
    name: wire.name,
    address: wire.address,
    ...(wire.zone === undefined ? {} : { zone: wire.zone }),
    roles: [...wire.roles],
    ...(ssh ? { ssh } : {}),
  }
}

const pluginOf = (plugin: NonNullable<Wire['spec']['network']>['plugin'], file: string): NetworkPlugin => {
  if (typeof plugin === 'object') return { kind: 'manifest', path: pathIn(file, plugin.manifest) }
  return { kind: plugin ?? defaults.plugin }
}

const serviceOf = (service: NonNullable<NonNullable<NonNullable<Wire['spec']['controlPlane']>['hosted']>['service']>): Hosted['service'] =>
  service.type === 'LoadBalancer'
    ? { type: 'LoadBalancer', address: service.address ?? '' }
    : { type: 'NodePort', port: service.port ?? defaults.hostedNodePort }

/** What the file says of a hosted control plane, with the cluster that its host file means. */
export const hostedOf = (wire: Wire, host: Cluster, hostFile: string): Hosted => ({
  host,
  hostFile,
  replicas: wire.spec.controlPlane?.hosted?.replicas ?? defaults.hostedReplicas,
  service: serviceOf(wire.spec.controlPlane?.hosted?.service ?? {}),
})

/** The file with all defaults filled in, paths made absolute against the file, as every later stage reads it. Throws nothing. */
export const convert = (wire: Wire, file: string): Cluster => {
  const { spec } = wire
  const external = spec.etcd?.external
  const endpoint = { address: spec.endpoint.address, port: spec.endpoint.port ?? defaults.endpointPort }
  return {
    name: wire.metadata.name,
    kubernetesVersion: spec.kubernetesVersion ?? defaults.kubernetesVersion,
    endpoint,
    balancer: spec.balancer ?? (spec.controlPlane?.hosted ? 'node-local' : defaults.balancer),
    timing: spec.timing ?? defaults.timing,
    network: {
      podSubnet: spec.network?.podSubnet ?? defaults.podSubnet,
      serviceSubnet: spec.network?.serviceSubnet ?? defaults.serviceSubnet,
      machineSubnet: spec.network?.machineSubnet ?? machineSubnetOf(spec.machines.map((m) => m.address)),
      dnsDomain: spec.network?.dnsDomain ?? defaults.dnsDomain,
      plugin: pluginOf(spec.network?.plugin, file),
      ...(spec.network?.nodePortRange === undefined ? {} : { nodePortRange: spec.network.nodePortRange }),
    },
    virtualRouterId: spec.virtualRouterId ?? routerIdOf(wire.metadata.name, endpoint.address),
    etcd: external
      ? {
          external: {
            endpoints: [...external.endpoints],
            caFile: pathIn(file, external.caFile),
            certFile: pathIn(file, external.certFile),
            keyFile: pathIn(file, external.keyFile),
            ...(external.prefix === undefined ? {} : { prefix: external.prefix }),
          },
        }
      : {},
    dns: { replicas: spec.dns?.replicas ?? defaults.dnsReplicas },
    ...(spec.loadBalancer ? { loadBalancer: { addressPool: [...spec.loadBalancer.addressPool] } } : {}),
    machines: spec.machines.map((m) => machineOf(m, spec.ssh, file)),
  }
}

/** True where a text reads as a CIDR whose address is the first of its block. */
export const isAligned = (text: string): boolean => {
  const block = parseCidr(text)
  return block !== undefined && parseAddress(text.split('/')[0] ?? '') === block.first
}
