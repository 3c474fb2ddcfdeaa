import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { predictOutages } from '../../src/config/budget.js'
import { loadCluster, loadClusterFile } from '../../src/config/load.js'
import { survivesLoss } from '../../src/config/survives.js'
import { toYaml } from '../../src/config/to-yaml.js'
import { apiServerCount, topologyOf } from '../../src/model/cluster.js'
import { describe as words } from '../../src/model/codes.js'

const examples = fileURLToPath(new URL('../../examples/hosted/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quorate-hosted-'))
beforeAll(() => cpSync(examples, folder, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (name: string): string => readFileSync(join(examples, name), 'utf8')

/** Text replaced in guest and host; every replacement must find its place. */
const spoil = (text: string, changes: readonly [string, string][]): string =>
  changes.reduce((all, [from, to]) => {
    expect(all).toContain(from)
    return all.replace(from, to)
  }, text)

const told = (guest: readonly [string, string][], host: readonly [string, string][] = []): string[] => {
  writeFileSync(join(folder, 'host.yaml'), spoil(read('host.yaml'), host))
  const { problems } = loadCluster(spoil(read('guest.yaml'), guest), join(folder, 'guest.yaml'))
  return problems.map((one) => {
    const { message, remedy } = words(one)
    expect(`${message} ${remedy}`).not.toMatch(/\{\w+\}|undefined/)
    return `${one.code} ${one.at?.path}`
  })
}

const hosted = 'spec.controlPlane.hosted'

describe('a hosted control plane', () => {
  it('is what the example says', async () => {
    expect(told([])).toEqual([])
    const { cluster } = await loadClusterFile(join(folder, 'guest.yaml'))
    if (!cluster) throw new Error('no cluster')
    expect([cluster.balancer, topologyOf(cluster), apiServerCount(cluster), cluster.hosted?.host.name]).toEqual([
      'node-local',
      'external-etcd',
      3,
      'host',
    ])
    expect([survivesLoss(cluster, 'machine').survives, survivesLoss(cluster, 'zone').survives]).toEqual([true, true])
    expect(predictOutages(cluster).length).toBeGreaterThan(5)
    expect(loadCluster(toYaml(cluster), join(folder, 'guest.yaml')).cluster).toEqual(cluster)
  })

  const table: [string, [string, string][], [string, string][], string[]][] = [
    ['names a host that is not there', [['cluster: host.yaml', 'cluster: nowhere.yaml']], [], [`Q1651 ${hosted}.cluster`]],
    ['has a host with a mistake', [], [['kind: Cluster', 'kind: Clutter']], [`Q1651 ${hosted}.cluster`]],
    ['names itself as host', [['cluster: host.yaml', 'cluster: guest.yaml']], [], [`Q1652 ${hosted}.cluster`]],
    ['has a control plane of its own', [['roles: [etcd]', 'roles: [etcd, control-plane]']], [], ['Q1653 spec.machines[0].roles[1]']],
    ['has a balancer', [['roles: [worker]', 'roles: [worker, balancer]']], [], ['Q1653 spec.machines[3].roles[1]']],
    ['wants another balancer', [['  endpoint:', '  balancer: haproxy-keepalived\n  endpoint:']], [], ['Q1654 spec.balancer']],
    ['wants a port outside the range', [['30443', '8188']], [], [`Q1655 ${hosted}.service.port`]],
    [
      'has an address that the host has no pool for',
      [['NodePort, port: 30443', 'LoadBalancer, address: 10.99.0.200']],
      [],
      [`Q1656 ${hosted}.service`],
    ],
    ['shares a name with its host', [['name: g-1', 'name: m-1']], [], ['Q1659 spec.machines[3].name']],
    ['shares an address with its host', [['10.99.0.51', '10.99.0.21']], [], ['Q1604 spec.machines[3].address']],
    ['has the endpoint of its host', [['10.99.0.40', '10.99.0.10']], [], ['Q1601 spec.endpoint.address']],
    ['has the endpoint of a machine', [['10.99.0.40', '10.99.0.41']], [], ['Q1660 spec.endpoint.address']],
    ['shares pods with its host', [['10.245.0.0/16', '10.244.0.0/16']], [], ['Q1603 spec.network.podSubnet']],
    ['shares Services with its host', [['10.97.0.0/16', '10.96.0.0/16']], [], ['Q1661 spec.network.serviceSubnet']],
    ['has an address for a node port', [['port: 30443', 'address: 10.99.0.200']], [], [`Q1664 ${hosted}.service.address`]],
    ['is reached otherwise than its host', [['  machines:', '  ssh: { user: root }\n  machines:']], [], [`Q1663 ${hosted}.cluster`]],
    ['wants more replicas than the host has nodes', [['replicas: 3', 'replicas: 5']], [], [`Q1662 ${hosted}.cluster`]],
  ]
  it.each(table)('%s', (_, guest, host, expected) => {
    expect(told(guest, host)).toEqual(expected)
  })

  it('may have a port of a range that its host widened', () => {
    expect(told([['30443', '8188']], [['  machines:', '  network: { nodePortRange: 8100-9999 }\n  machines:']])).toEqual([])
  })

  it('may have an address of the pool of its host', () => {
    const pool: [string, string][] = [['  machines:', '  loadBalancer: { addressPool: [10.99.0.200-10.99.0.205] }\n  machines:']]
    expect(told([['NodePort, port: 30443', 'LoadBalancer, address: 10.99.0.200']], pool)).toEqual([])
    expect(told([['NodePort, port: 30443', 'LoadBalancer, address: 10.99.0.206']], pool)).toEqual([`Q1656 ${hosted}.service`])
  })

  it('is told what it inherits from a host that is not highly available', () => {
    const host = spoil(read('host.yaml'), [
      ['zone: b, roles: [control-plane, etcd, balancer, worker]', 'zone: b, roles: [worker]'],
      ['zone: c, roles: [control-plane, etcd, balancer, worker]', 'zone: c, roles: [worker]'],
    ])
    writeFileSync(join(folder, 'host.yaml'), host)
    const { problems, cluster } = loadCluster(read('guest.yaml'), join(folder, 'guest.yaml'))
    expect(cluster).toBeDefined()
    expect(problems.map((one) => [one.code, one.severity, one.data.what])).toEqual([
      ['Q1662', 'warning', 'one control plane and one etcd member'],
    ])
  })
})

describe('the range of node ports', () => {
  const range = (text: string): string[] =>
    loadCluster(
      spoil(read('host.yaml'), [['  machines:', `  network: { nodePortRange: ${text} }\n  machines:`]]),
      'host.yaml',
    ).problems.map((one) => `${one.code} ${one.severity} ${one.data.ports ?? ''}`)
  it.each([
    ['30000-32767', []],
    ['10257-32767', []],
    ['8000-32767', ['Q1658 warning 10250 (kubelet) and 10256 (kube-proxy)']],
    ['6443-6443', ['Q1658 warning 6443 (the API server)']],
    ['32767-30000', ['Q1657 error ']],
    ['30000..32767', ['Q1657 error ']],
    ['1-70000', ['Q1657 error ']],
  ])('%s', (text, expected) => expect(range(text)).toEqual(expected))
})
