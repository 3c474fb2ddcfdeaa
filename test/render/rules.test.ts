import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Cluster, MachineSpec } from '../../src/model/cluster.js'
import { clusterObjects } from '../../src/render/addons.js'
import { dnsReplicas } from '../../src/render/coredns.js'
import { entryOnNodes, kubeletServerUrl, podsEntry, proxyPlace } from '../../src/render/endpoint.js'
import { etcdClusterToken, initialCluster } from '../../src/render/etcd.js'
import { renderHaproxy } from '../../src/render/haproxy.js'
import { masterDownMs, priorityOf, renderKeepalived } from '../../src/render/keepalived.js'
import { renderApiServerAddress, renderKubeadmConfig, taintsOf } from '../../src/render/kubeadm.js'
import { machineFiles } from '../../src/render/machine-files.js'
import type { RenderOptions } from '../../src/render/options.js'
import { renderNetworkScript } from '../../src/render/routes.js'
import { addressAt, dnsServiceIp, kubernetesServiceIp } from '../../src/render/subnet.js'
import { base, colocated, externalEtcd, fast, guide, named, podCidrOf, stacked } from './clusters.js'

const balancersOnly = (count: number): Cluster =>
  base(Array.from({ length: count }, (_, i): MachineSpec => ({ name: `lb-${i}`, address: `10.99.0.${i + 11}`, roles: ['balancer'] })))

describe('balancers', () => {
  it('get the same haproxy.cfg, so that a takeover changes nothing', () => {
    const cluster = stacked()
    expect(renderHaproxy(cluster, named(cluster, 'lb-1'), fast)).toBe(renderHaproxy(cluster, named(cluster, 'lb-2'), fast))
  })

  it('have priorities that differ, fall in order and stay below the address owner', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
        const cluster = balancersOnly(count)
        const all = cluster.machines.map((m) => priorityOf(cluster, m))
        expect(new Set(all).size).toBe(count)
        expect(all).toEqual([...all].sort((a, b) => b - a))
        for (const priority of all) expect(priority).toBeGreaterThan(0)
        for (const priority of all) expect(priority).toBeLessThan(255)
      }),
    )
  })

  it('name every peer but themselves', () => {
    const cluster = balancersOnly(3)
    const text = renderKeepalived(cluster, named(cluster, 'lb-1'), fast, 'eth0')
    expect(text).toContain('unicast_src_ip 10.99.0.12')
    expect(/unicast_peer \{([^}]*)\}/.exec(text)?.[1]?.trim().split(/\s+/)).toEqual(['10.99.0.11', '10.99.0.13'])
  })

  it('count the silence before a takeover as the standard does', () => {
    expect(masterDownMs(fast, 250)).toBeCloseTo(302.3, 1)
    expect(masterDownMs({ ...fast, vrrpAdvertMs: 1000 }, 100)).toBeCloseTo(3609, 0)
    expect(masterDownMs(guide, 100)).toBeCloseTo(3609, 0)
  })

  it('run haproxy where clients look for it', () => {
    const local = stacked({ balancer: 'node-local' })
    const places = (cluster: Cluster): string[] => cluster.machines.map((m) => `${m.name} ${proxyPlace(cluster, m) ?? '-'}`)
    expect(places(stacked()).filter((p) => !p.endsWith('-'))).toEqual(['lb-1 virtual-ip', 'lb-2 virtual-ip'])
    expect(places(local).filter((p) => p.endsWith('loopback')).length).toBe(5)
    expect(places(stacked({ balancer: 'external' })).every((p) => p.endsWith('-'))).toBe(true)
  })
})

describe('the way of pods to the API', () => {
  it('is that of everybody else, or through the proxy of their node; each API server writes itself only for the guides and where it is alone', () => {
    const way = (cluster: Cluster): string => {
      const entry = podsEntry(cluster)
      return `${entry ? `${entry.address}:${entry.port}` : '-'} ${entryOnNodes(cluster)?.address ?? '-'}`
    }
    const local = stacked({ balancer: 'node-local' })
    expect(way(stacked())).toBe('10.99.0.10:6443 -')
    expect(way(stacked({ balancer: 'external' }))).toBe('10.99.0.10:6443 -')
    expect(way(local)).toBe('192.0.2.1:7443 192.0.2.1')
    expect(way({ ...local, timing: 'guide' })).toBe('- -')
    expect(way({ ...local, machines: local.machines.filter(({ name }) => !/cp-[23]/.test(name)) })).toBe('- -')
  })
})

describe('kubeadm files', () => {
  const documents = (cluster: Cluster, name: string): Record<string, unknown>[] =>
    parseAllDocuments(renderKubeadmConfig(cluster, named(cluster, name), fast, { lab: true })).map(
      (d) => d.toJS() as Record<string, unknown>,
    )

  it('differ between control planes only in what belongs to one machine', () => {
    const cluster = stacked()
    const [, ...first] = documents(cluster, 'cp-1')
    const [, ...second] = documents(cluster, 'cp-2')
    expect(first).toEqual(second)
  })

  it('keep API server and proxy apart on one machine', () => {
    // Also where there is no proxy yet: a change of the balancer must not wait for a port.
    for (const [cluster, name, address] of [
      [colocated(), 'm-2', '10.99.0.22'],
      [stacked(), 'cp-1', '10.99.0.21'],
    ] as const) {
      const text = renderApiServerAddress(named(cluster, name))
      expect(text).toContain(`value: --bind-address=${address}\n`)
      expect(renderKubeadmConfig(cluster, named(cluster, name), fast, { lab: true })).not.toContain('bind-address')
    }
  })

  it('never let a member bootstrap anew, and name no other one: it would start again whenever they change', () => {
    const text = renderKubeadmConfig(stacked(), named(stacked(), 'cp-3'), fast, { lab: true })
    expect(text).toContain('- name: initial-cluster-state\n        value: existing')
    expect(text).not.toMatch(/name: initial-cluster\n/)
    expect(initialCluster(stacked()).split(',')).toHaveLength(3)
  })

  it('taint control planes only when there are workers', () => {
    expect(taintsOf(stacked(), named(stacked(), 'cp-1'))).toHaveLength(1)
    expect(taintsOf(stacked(), named(stacked(), 'w-1'))).toEqual([])
    expect(taintsOf(colocated(), named(colocated(), 'm-1'))).toEqual([])
  })

  it('leave the handing out of pod subnets to a controller unless routes are ours', () => {
    const foreign = stacked()
    foreign.network.plugin = { kind: 'none' }
    expect(renderKubeadmConfig(foreign, named(foreign, 'cp-1'), fast, { lab: true })).not.toContain('allocate-node-cidrs')
  })

  it('give every Go program of shared processors its number of threads, and hosts of their own nothing', () => {
    const files = (cluster: Cluster, name: string, options: RenderOptions): string =>
      machineFiles(cluster, named(cluster, name), fast, { ...options, iface: 'host0' })
        .map((one) => String(one.content))
        .join('')
    const times = (text: string): number => text.split('GOMAXPROCS').length - 1
    // kubelet, containerd; API server, controller-manager, scheduler, etcd in the file of kubeadm.
    expect(times(files(stacked(), 'cp-1', { lab: true, goThreads: 1 }))).toBe(6)
    expect(times(files(stacked(), 'w-1', { lab: true, goThreads: 1 }))).toBe(2)
    expect(times(files(externalEtcd(), 'etcd-1', { lab: true, goThreads: 1 }))).toBe(1)
    expect(times(files(stacked(), 'cp-1', { lab: false }))).toBe(0)
  })

  it('name the etcd of the user with its prefix', () => {
    const paths = { caFile: 'a', certFile: 'b', keyFile: 'c' }
    const cluster = stacked({ etcd: { external: { endpoints: ['https://10.9.9.9:2379'], prefix: '/blue', ...paths } } })
    const text = renderKubeadmConfig(cluster, named(cluster, 'cp-1'), fast, { lab: false })
    expect(text).toContain('- https://10.9.9.9:2379')
    expect(text).toContain('- name: etcd-prefix\n      value: /blue')
    expect(text).not.toContain('initial-cluster')
  })
})

describe('names and numbers', () => {
  it('count addresses from both ends of a subnet', () => {
    expect([kubernetesServiceIp('10.96.0.0/12'), dnsServiceIp('10.96.0.0/16')]).toEqual(['10.96.0.1', '10.96.0.10'])
    expect([addressAt('10.99.0.0/24', -2), addressAt('192.168.255.0/23', 511)]).toEqual(['10.99.0.254', '192.168.255.255'])
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 30 }), fc.nat(), (length, seed) => {
        const n = seed % 2 ** (32 - length)
        const [a = 0, b = 0, c = 0, d = 0] = addressAt(`10.0.0.0/${length}`, n).split('.').map(Number)
        expect(((a - 10) * 256 + b) * 65_536 + c * 256 + d).toBe(n)
      }),
    )
  })

  it('give each cluster a token of its own, the same on every call', () => {
    expect(etcdClusterToken(stacked())).toBe(etcdClusterToken(stacked()))
    expect(etcdClusterToken(stacked())).not.toBe(etcdClusterToken(stacked({ name: 'other' })))
    expect(etcdClusterToken(stacked())).toMatch(/^[\w-]+$/)
  })

  it('send each kubelet to the right API server', () => {
    expect(kubeletServerUrl(externalEtcd(), named(externalEtcd(), 'cp-2'))).toBe('https://10.99.0.22:6443')
    expect(kubeletServerUrl(externalEtcd(), named(externalEtcd(), 'w-1'))).toBe('https://10.99.0.10:6443')
  })

  it('route to every other node and to nobody else', () => {
    const text = renderNetworkScript(stacked(), named(stacked(), 'w-1'), podCidrOf, { lab: true })
    const routes = [...text.matchAll(/route replace (\S+) via (\S+)/g)].map((m) => `${m[1]} ${m[2]}`)
    expect(routes).toEqual(['21', '22', '23', '32'].map((n) => `10.244.${n}.0/24 10.99.0.${n}`))
    expect(renderNetworkScript(stacked(), named(stacked(), 'lb-1'), podCidrOf, { lab: true })).not.toContain('route replace')
  })
})

describe('cluster objects', () => {
  const find = (cluster: Cluster, kind: string, name: string): Record<string, unknown> => {
    const found = clusterObjects(cluster).find((o) => o.kind === kind && o.metadata.name === name)
    if (!found) throw new Error(`no ${kind} ${name}`)
    return found
  }

  it('have names that are unique by kind and namespace', () => {
    const keys = clusterObjects(stacked()).map((o) => `${o.kind} ${o.metadata.namespace ?? ''} ${o.metadata.name}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('ask for enough replicas of DNS, and spread them hard when there are machines enough', () => {
    expect([1, 7, 32, 33, 100].map(dnsReplicas)).toEqual([1, 2, 2, 3, 7])
    const of = (cluster: Cluster): [number, string] => {
      const spec = find(cluster, 'Deployment', 'coredns').spec as {
        replicas: number
        template: { spec: { topologySpreadConstraints: { whenUnsatisfiable: string }[] } }
      }
      return [spec.replicas, spec.template.spec.topologySpreadConstraints[0]?.whenUnsatisfiable ?? '']
    }
    expect(of(stacked({ dns: { replicas: 3 } }))).toEqual([3, 'DoNotSchedule'])
    expect(of(base([{ name: 'one', address: '10.99.0.2', roles: ['control-plane', 'etcd'] }]))).toEqual([2, 'ScheduleAnyway'])
  })

  it('hold no secret and no token for the probe', () => {
    expect(clusterObjects(stacked()).some((o) => o.kind === 'Secret')).toBe(false)
    expect(JSON.stringify(find(stacked(), 'DaemonSet', 'probe'))).toContain('"automountServiceAccountToken":false')
  })
})
