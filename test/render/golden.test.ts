import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { clusterObjects } from '../../src/render/addons.js'
import { renderApiDoorScript, renderApiDoorUnit } from '../../src/render/api-door.js'
import { renderCniConfig } from '../../src/render/cni.js'
import { renderContainerdConfig, renderContainerdUnit } from '../../src/render/containerd.js'
import { renderEtcdConfig, renderEtcdUnit } from '../../src/render/etcd.js'
import { etcdDoorUnit } from '../../src/render/etcd-door.js'
import { renderHaproxy } from '../../src/render/haproxy.js'
import { renderHaproxySessions } from '../../src/render/haproxy-sessions.js'
import { heldSocketFiles } from '../../src/render/held-socket.js'
import { renderHostsBlock } from '../../src/render/hosts.js'
import { renderKeepalived } from '../../src/render/keepalived.js'
import { renderApiServerPatch, renderEtcdPatch, renderKubeadmConfig } from '../../src/render/kubeadm.js'
import { renderNginx } from '../../src/render/nginx.js'
import { renderNodeLocal } from '../../src/render/node-local.js'
import { networkUnit, renderNetworkScript, renderNetworkUnit } from '../../src/render/routes.js'
import { renderSysctl } from '../../src/render/sysctl.js'
import { renderKeepalivedDropIn, renderKubeletLinkScript, renderKubeletUnit, renderProxyDropIn } from '../../src/render/systemd.js'
import { renderProxyAlive, renderVrrpState } from '../../src/render/vrrp-scripts.js'
import { renderKubeletFlags, renderWorkerKubeletConfig } from '../../src/render/worker-kubelet.js'
import { colocated, externalEtcd, fast, guide, named, podCidrOf, stacked } from './clusters.js'

const lab = { lab: true }
const hosts = { lab: false }
const nginx = { balancer: 'nginx-keepalived' } as const
const local = { balancer: 'node-local' } as const

/** Name of the golden file, and the text that must be in it. `npx vitest -u` writes them anew; read the difference before committing. */
const texts: Record<string, () => string> = {
  'haproxy-fast': () => renderHaproxy(stacked(), named(stacked(), 'lb-1'), fast),
  'haproxy-guide': () => renderHaproxy(stacked(), named(stacked(), 'lb-1'), guide),
  'haproxy-sessions': () => renderHaproxySessions(fast),
  'haproxy-node-local': () => renderNodeLocal(stacked(local), named(stacked(), 'w-1'), fast),
  'nginx-fast': () => renderNginx(stacked(nginx), named(stacked(), 'lb-1'), fast),
  'nginx-colocated': () => renderNginx(colocated(nginx), named(colocated(), 'm-1'), fast),
  'keepalived-lb-1-fast': () => renderKeepalived(stacked(), named(stacked(), 'lb-1'), fast, 'host0'),
  'keepalived-m-2-fast': () => renderKeepalived(colocated(), named(colocated(), 'm-2'), fast, 'eth1'),
  'keepalived-lb-2-guide': () => renderKeepalived(stacked(), named(stacked(), 'lb-2'), guide, 'host0'),
  'proxy-alive-fast': () => renderProxyAlive(fast, 'haproxy'),
  'vrrp-state-fast': () => renderVrrpState(stacked(), 'host0'),
  'kubeadm-stacked-lab': () => renderKubeadmConfig(stacked(), named(stacked(), 'cp-1'), fast, lab),
  'kubelet-worker-lab': () => renderWorkerKubeletConfig(stacked(), fast, lab) + renderKubeletFlags(named(stacked(), 'w-1')),
  'kubelet-worker-hosts': () => renderWorkerKubeletConfig(stacked(), fast, hosts),
  'api-server-patch': () => renderApiServerPatch(fast),
  'etcd-patch': () => renderEtcdPatch(),
  'kubeadm-colocated-hosts': () => renderKubeadmConfig(colocated(), named(colocated(), 'm-3'), fast, hosts),
  'kubeadm-external-etcd': () => renderKubeadmConfig(externalEtcd(), named(externalEtcd(), 'cp-1'), fast, hosts),
  'etcd-config': () => renderEtcdConfig(externalEtcd(), named(externalEtcd(), 'etcd-2'), fast),
  'api-door': () => `${renderApiDoorScript(fast)}\n${renderApiDoorUnit()}`,
  'etcd-unit-hosts': () => renderEtcdUnit([networkUnit, etcdDoorUnit], hosts),
  'containerd-config-lab': () => renderContainerdConfig(lab),
  'containerd-config-hosts': () => renderContainerdConfig(hosts),
  'containerd-unit-hosts': () => renderContainerdUnit(hosts),
  'kubelet-unit-lab': () => renderKubeletUnit(fast, lab),
  'kubelet-certificate': () => renderKubeletLinkScript(),
  'haproxy-drop-in': () => String(renderProxyDropIn('haproxy', hosts).content),
  'held-socket': () =>
    heldSocketFiles('10.99.0.10:6443')
      .map((f) => String(f.content))
      .join('\n'),
  'nginx-drop-in': () => String(renderProxyDropIn('nginx', lab).content),
  'keepalived-drop-in': () => String(renderKeepalivedDropIn('haproxy', fast, hosts).content),
  'network-cp-1-hosts': () => renderNetworkScript(stacked(), named(stacked(), 'cp-1'), podCidrOf, hosts),
  'network-lb-1-lab': () => renderNetworkScript(stacked(), named(stacked(), 'lb-1'), podCidrOf, lab),
  'network-w-1-node-local': () => renderNetworkScript(stacked(local), named(stacked(), 'w-1'), podCidrOf, hosts),
  'network-unit': () => renderNetworkUnit(stacked()),
  'sysctl-node-hosts': () => renderSysctl(stacked(), named(stacked(), 'w-1'), hosts),
  'sysctl-nginx-colocated': () => renderSysctl(colocated(nginx), named(colocated(), 'm-1'), lab),
  hosts: () => renderHostsBlock(stacked()),
  'cni-conflist': () => renderCniConfig('10.244.3.0/24'),
  objects: () =>
    clusterObjects(stacked())
      .map((o) => stringify(o))
      .join('---\n'),
  'objects-node-local': () =>
    clusterObjects(stacked(local))
      .filter((o) => ['ConfigMap', 'EndpointSlice', 'Endpoints'].includes(o.kind))
      .map((o) => stringify(o))
      .join('---\n'),
}

describe('rendered text is as last agreed', () => {
  it.each(Object.keys(texts))('%s', async (name) => {
    await expect(texts[name]?.()).toMatchFileSnapshot(`golden/${name}.golden`)
  })
})
