import { podCidrOf } from '../config/pod-cidr.js'
import { type Cluster, hasVirtualIp, type MachineSpec, topologyOf } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { apiDoorScriptPath, apiDoorUnit, apiDoorUnitPath, needsApiDoor, renderApiDoorScript, renderApiDoorUnit } from './api-door.js'
import { cniConfigPath, renderCniConfig } from './cni.js'
import { containerdConfigPath, containerdUnitPath, renderContainerdConfig, renderContainerdUnit } from './containerd.js'
import { nodeLocalPort, proxyPlace } from './endpoint.js'
import { etcdConfigPath, etcdUnitPath, renderEtcdConfig, renderEtcdUnit } from './etcd.js'
import { etcdDoorScriptPath, etcdDoorUnit, etcdDoorUnitPath, needsEtcdDoor, renderEtcdDoorScript, renderEtcdDoorUnit } from './etcd-door.js'
import { haproxyConfigPath, haproxySessionsPath, renderHaproxy } from './haproxy.js'
import { renderHaproxySessions } from './haproxy-sessions.js'
import { heldSocketFiles } from './held-socket.js'
import { hostsBlockPath, renderHostsBlock } from './hosts.js'
import { keepalivedConfigPath, renderKeepalived } from './keepalived.js'
import {
  kubeadmConfigPath,
  kubeadmPatchesDir,
  renderApiServerAddress,
  renderApiServerPatch,
  renderEtcdPatch,
  renderKubeadmConfig,
} from './kubeadm.js'
import { labResolvPath, renderLabResolv } from './kubelet.js'
import { libexec, type ManagedFile } from './managed-file.js'
import { nginxConfigPath, renderNginx } from './nginx.js'
import { renderNodeLocal } from './node-local.js'
import type { RenderOptions } from './options.js'
import { networkScriptPath, networkUnit, networkUnitPath, renderNetworkScript, renderNetworkUnit } from './routes.js'
import { renderSysctl, sysctlPath } from './sysctl.js'
import {
  kubeletLinkScriptPath,
  kubeletUnitPath,
  renderKeepalivedDropIn,
  renderKubeletLinkScript,
  renderKubeletUnit,
  renderProxyDropIn,
} from './systemd.js'
import { renderProxyAlive, renderVrrpState } from './vrrp-scripts.js'
import { kubeletConfigPath, kubeletFlagsPath, renderKubeletFlags, renderWorkerKubeletConfig } from './worker-kubelet.js'

export type { ManagedFile } from './managed-file.js'

export interface MachineFilesOptions extends RenderOptions {
  /** Interface of this machine whose subnet holds the virtual IP. */
  iface: string
}

const script = (path: string, content: string): ManagedFile => ({ path, content, mode: 0o755 })

const networkFiles = (cluster: Cluster, machine: MachineSpec, options: MachineFilesOptions): ManagedFile[] => {
  const content = renderNetworkScript(cluster, machine, (m) => podCidrOf(cluster, m), options)
  return [
    { path: hostsBlockPath, content: renderHostsBlock(cluster), unit: networkUnit },
    { path: sysctlPath, content: renderSysctl(cluster, machine, options), unit: networkUnit },
    { ...script(networkScriptPath, content), unit: networkUnit },
    { path: networkUnitPath, content: renderNetworkUnit(cluster) },
  ]
}

const balancerFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: MachineFilesOptions): ManagedFile[] => {
  const place = proxyPlace(cluster, machine)
  if (!place) return []
  const proxy = cluster.balancer === 'nginx-keepalived' ? 'nginx' : 'haproxy'
  const reload = { unit: `${proxy}.service`, action: 'reload' as const }
  const config: ManagedFile =
    proxy === 'nginx'
      ? { path: nginxConfigPath, content: renderNginx(cluster, machine, timing), ...reload }
      : {
          path: haproxyConfigPath,
          content: place === 'loopback' ? renderNodeLocal(cluster, machine, timing) : renderHaproxy(cluster, machine, timing),
          ...reload,
        }
  // The guides leave both services as the distribution ships them, and so does the profile that stands for them.
  const asShipped = timing.name === 'guide'
  const listen = place === 'loopback' ? `127.0.0.1:${nodeLocalPort}` : `${cluster.endpoint.address}:${cluster.endpoint.port}`
  const held = proxy === 'haproxy' ? heldSocketFiles(listen) : []
  const sessions: ManagedFile[] =
    proxy === 'haproxy' ? [{ path: haproxySessionsPath, content: renderHaproxySessions(timing), ...reload }] : []
  const proxyFiles = asShipped ? [config] : [...sessions, config, renderProxyDropIn(proxy, options), ...held]
  if (!hasVirtualIp(cluster)) return proxyFiles
  const keepalived: ManagedFile = {
    path: keepalivedConfigPath,
    content: renderKeepalived(cluster, machine, timing, options.iface),
    unit: 'keepalived.service',
    action: 'reload',
  }
  if (asShipped) return [...proxyFiles, keepalived]
  return [
    ...proxyFiles,
    keepalived,
    script(`${libexec}/proxy-alive`, renderProxyAlive(timing, proxy)),
    script(`${libexec}/vrrp-state`, renderVrrpState(cluster, options.iface)),
    renderKeepalivedDropIn(proxy, timing, options),
  ]
}

const nodeFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: MachineFilesOptions): ManagedFile[] => [
  { path: containerdConfigPath, content: renderContainerdConfig(options), unit: 'containerd.service' },
  { path: containerdUnitPath, content: renderContainerdUnit(options), unit: 'containerd.service' },
  { path: kubeletUnitPath, content: renderKubeletUnit(timing, options), unit: 'kubelet.service' },
  script(kubeletLinkScriptPath, renderKubeletLinkScript()),
  ...(machine.roles.includes('control-plane')
    ? kubeadmFiles(cluster, machine, timing, options)
    : workerFiles(cluster, machine, timing, options)),
  ...(options.lab ? [{ path: labResolvPath, content: renderLabResolv(cluster) }] : []),
  ...(cluster.network.plugin.kind === 'routed' ? [{ path: cniConfigPath, content: renderCniConfig(podCidrOf(cluster, machine)) }] : []),
]

/** kubeadm writes the rest on a control plane from these. */
const kubeadmFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: MachineFilesOptions): ManagedFile[] => [
  { path: kubeadmConfigPath, content: renderKubeadmConfig(cluster, machine, timing, options), mode: 0o600 },
  { path: `${kubeadmPatchesDir}/kube-apiserver+strategic.yaml`, content: renderApiServerPatch(timing) },
  { path: `${kubeadmPatchesDir}/kube-apiserver+json.yaml`, content: renderApiServerAddress(machine) },
  ...(topologyOf(cluster) === 'stacked' ? [{ path: `${kubeadmPatchesDir}/etcd+strategic.yaml`, content: renderEtcdPatch() }] : []),
]

const workerFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: MachineFilesOptions): ManagedFile[] => [
  { path: kubeletConfigPath, content: renderWorkerKubeletConfig(cluster, timing, options), unit: 'kubelet.service' },
  { path: kubeletFlagsPath, content: renderKubeletFlags(machine), unit: 'kubelet.service' },
]

const etcdDoorFiles = (cluster: Cluster, machine: MachineSpec): ManagedFile[] =>
  topologyOf(cluster) !== 'user-etcd' && machine.roles.includes('etcd') && needsEtcdDoor(cluster)
    ? [script(etcdDoorScriptPath, renderEtcdDoorScript()), { path: etcdDoorUnitPath, content: renderEtcdDoorUnit() }]
    : []

const apiDoorFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing): ManagedFile[] =>
  needsApiDoor(cluster, machine, timing)
    ? [
        { ...script(apiDoorScriptPath, renderApiDoorScript(timing)), unit: apiDoorUnit },
        { path: apiDoorUnitPath, content: renderApiDoorUnit(), unit: apiDoorUnit },
      ]
    : []

/** Does etcd run here as a service of its own, not as a static pod beside an API server? */
const hasEtcdUnit = (cluster: Cluster, machine: MachineSpec): boolean =>
  topologyOf(cluster) === 'external-etcd' && machine.roles.includes('etcd')

/** Every file without secrets that belongs on one machine by its roles, sorted by path. Keys and certificates come from pki/. */
export const machineFiles = (cluster: Cluster, machine: MachineSpec, timing: Timing, options: MachineFilesOptions): ManagedFile[] => {
  const isNode = machine.roles.includes('control-plane') || machine.roles.includes('worker')
  const files = [
    ...networkFiles(cluster, machine, options),
    ...balancerFiles(cluster, machine, timing, options),
    ...(isNode ? nodeFiles(cluster, machine, timing, options) : []),
    ...etcdDoorFiles(cluster, machine),
    ...apiDoorFiles(cluster, machine, timing),
    ...(hasEtcdUnit(cluster, machine)
      ? [
          { path: etcdConfigPath, content: renderEtcdConfig(cluster, machine, timing), unit: 'etcd.service' },
          {
            path: etcdUnitPath,
            content: renderEtcdUnit([networkUnit, ...(needsEtcdDoor(cluster) ? [etcdDoorUnit] : [])], options),
            unit: 'etcd.service',
          },
        ]
      : []),
  ]
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
