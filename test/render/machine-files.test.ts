import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/model/cluster.js'
import { machineFiles } from '../../src/render/machine-files.js'
import { colocated, externalEtcd, fast, guide, named, stacked } from './clusters.js'

const options = { lab: true, iface: 'host0' }
const paths = (cluster: Cluster, name: string, timing = fast): string[] =>
  machineFiles(cluster, named(cluster, name), timing, options).map((f) => f.path)

const everywhere = [
  '/etc/quorate/hosts',
  '/etc/sysctl.d/90-quorate.conf',
  '/etc/systemd/system/quorate-network.service',
  '/usr/local/libexec/quorate/network',
]
const node = [
  '/etc/cni/net.d/10-quorate.conflist',
  '/etc/containerd/config.toml',
  '/etc/kubernetes/resolv.conf',
  '/etc/systemd/system/containerd.service',
  '/etc/systemd/system/kubelet.service',
  '/usr/local/libexec/quorate/kubelet-certificate',
]
const kubeadm = [
  '/etc/kubernetes/kubeadm.yaml',
  '/etc/kubernetes/patches/kube-apiserver+json.yaml',
  '/etc/kubernetes/patches/kube-apiserver+strategic.yaml',
]
const kubelet = ['/var/lib/kubelet/config.yaml', '/var/lib/kubelet/kubeadm-flags.env']
const etcdPatch = ['/etc/kubernetes/patches/etcd+strategic.yaml']
const door = ['/etc/systemd/system/quorate-etcd-door.service', '/usr/local/libexec/quorate/etcd-door']
const apiDoor = ['/etc/systemd/system/quorate-api-door.service', '/usr/local/libexec/quorate/api-door']
const proxy = [
  '/etc/haproxy/haproxy.cfg',
  '/etc/haproxy/sessions.lua',
  '/etc/systemd/system/haproxy.service.d/quorate.conf',
  '/etc/systemd/system/quorate-api-held.service',
  '/etc/systemd/system/quorate-api.socket',
  '/usr/local/libexec/quorate/proxy-ended',
]
const virtualIp = [
  '/etc/keepalived/keepalived.conf',
  '/etc/systemd/system/keepalived.service.d/quorate.conf',
  '/usr/local/libexec/quorate/proxy-alive',
  '/usr/local/libexec/quorate/vrrp-state',
]
const sorted = (...lists: string[][]): string[] => lists.flat().sort()

describe('files of a machine', () => {
  it('follow from its roles', () => {
    expect(paths(stacked(), 'lb-1')).toEqual(sorted(everywhere, proxy, virtualIp))
    expect(paths(stacked(), 'cp-1')).toEqual(sorted(everywhere, node, kubeadm, etcdPatch, door, apiDoor))
    expect(paths(stacked(), 'w-1')).toEqual(sorted(everywhere, node, kubelet))
    expect(paths(colocated(), 'm-1')).toEqual(sorted(everywhere, node, kubeadm, etcdPatch, door, apiDoor, proxy, virtualIp))
    expect(paths(externalEtcd(), 'etcd-1')).toEqual(sorted(everywhere, door, ['/etc/etcd/etcd.yaml', '/etc/systemd/system/etcd.service']))
  })

  it('start a member behind its door, where there are others to wait for', () => {
    const unitOf = (cluster: Cluster): string =>
      String(machineFiles(cluster, named(cluster, 'etcd-1'), fast, options).find((f) => f.path.endsWith('/etcd.service'))?.content)
    const cluster = externalEtcd()
    expect(unitOf(cluster)).toMatch(/^Wants=.* quorate-etcd-door\.service$/m)
    expect(unitOf(cluster)).toMatch(/^After=.* quorate-etcd-door\.service$/m)
    const alone = { ...cluster, machines: cluster.machines.filter((m) => !/^etcd-[2-9]/.test(m.name)) }
    expect(unitOf(alone)).not.toContain('door')
  })

  it('follow from the kind of balancer', () => {
    expect(paths(stacked({ balancer: 'node-local' }), 'w-1')).toEqual(sorted(everywhere, node, kubelet, proxy))
    expect(paths(stacked({ balancer: 'external' }), 'w-1')).toEqual(sorted(everywhere, node, kubelet))
    const nginx = paths(stacked({ balancer: 'nginx-keepalived' }), 'lb-1')
    expect(nginx).toContain('/etc/nginx/nginx.conf')
    expect(nginx).not.toContain('/etc/haproxy/haproxy.cfg')
  })

  it('leave the services of a guide as the distribution ships them', () => {
    expect(paths(stacked(), 'lb-2', guide)).toEqual(sorted(everywhere, ['/etc/haproxy/haproxy.cfg', '/etc/keepalived/keepalived.conf']))
  })

  it('leave the pod network alone when it is not ours', () => {
    const cluster = stacked()
    cluster.network.plugin = { kind: 'none' }
    expect(paths(cluster, 'w-1').some((p) => p.includes('cni'))).toBe(false)
  })

  it('name the unit that reads them, keep scripts executable and say nothing secret', () => {
    for (const cluster of [stacked(), colocated(), externalEtcd()]) {
      for (const machine of cluster.machines) {
        for (const file of machineFiles(cluster, machine, fast, options)) {
          const text = String(file.content)
          expect(text.endsWith('\n'), file.path).toBe(true)
          expect(text, file.path).not.toMatch(/undefined|\[object|NaN|PRIVATE KEY/)
          if (text.startsWith('#!')) expect(file.mode, file.path).toBe(0o755)
          if (/haproxy\.cfg|keepalived\.conf$/.test(file.path)) expect(file.action, file.path).toBe('reload')
          if (file.unit) expect(file.unit).toMatch(/\.(service|socket)$/)
        }
      }
    }
  })
})
