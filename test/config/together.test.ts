import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pathText } from '../../src/config/finding.js'
import { defaultCluster, initText } from '../../src/config/init.js'
import { loadTogether, validateTogether } from '../../src/config/together.js'
import type { Cluster } from '../../src/model/cluster.js'
import { codes, describe as words } from '../../src/model/codes.js'

const first = defaultCluster()
/** A second cluster that shares nothing with the first. */
const second: Cluster = {
  ...first,
  name: 'other',
  endpoint: { address: '10.99.0.110', port: 6443 },
  virtualRouterId: first.virtualRouterId === 9 ? 10 : 9,
  network: { ...first.network, podSubnet: '10.245.0.0/16' },
  machines: first.machines.map((m) => ({ ...m, address: m.address.replace(/\.(\d+)$/, (_, n) => `.${Number(n) + 100}`) })),
}
const external = { endpoints: ['https://10.0.0.1:2379', 'https://10.0.0.2:2379'], caFile: '', certFile: '', keyFile: '' }

const told = (...clusters: Cluster[]): string[] =>
  validateTogether(clusters).map((one) => {
    expect(codes[one.problem.code]).toBeDefined()
    const { message, remedy } = words(one.problem)
    expect(message + remedy).not.toMatch(/\{\w+\}|undefined/)
    return `${one.cluster} ${one.problem.code} ${pathText(one.path)}`
  })

describe('two clusters on one network', () => {
  it('are fine with nothing in common', () => {
    expect(told(first, second)).toEqual([])
  })

  const table: [string, Cluster, string[]][] = [
    ['endpoint', { ...second, endpoint: first.endpoint }, ['1 Q1601 spec.endpoint.address']],
    ['router id', { ...second, virtualRouterId: first.virtualRouterId }, ['1 Q1602 spec.virtualRouterId']],
    ['pods', { ...second, network: { ...second.network, podSubnet: '10.244.128.0/17' } }, ['1 Q1603 spec.network.podSubnet']],
    [
      'machine',
      { ...second, machines: [...second.machines.slice(1), ...first.machines.slice(0, 1)] },
      ['1 Q1604 spec.machines[6].address'],
    ],
    ['name', { ...second, name: first.name }, ['1 Q1605 metadata.name']],
    ['pool', { ...second, loadBalancer: { addressPool: ['10.99.0.9-10.99.0.10'] } }, ['1 Q1607 spec.loadBalancer.addressPool[0]']],
  ]
  it.each(table)('may not share a %s', (_, other, expected) => {
    expect(told(first, other)).toEqual(expected)
  })

  it('may share an etcd under two prefixes only', () => {
    const own = (cluster: Cluster, prefix?: string): Cluster => ({
      ...cluster,
      etcd: { external: { ...external, ...(prefix ? { prefix } : {}) } },
    })
    expect(told(own(first), own(second))).toEqual(['1 Q1606 spec.etcd.external.prefix'])
    expect(told(own(first), own(second, '/registry'))).toEqual(['1 Q1606 spec.etcd.external.prefix'])
    expect(told(own(first, '/a'), own(second, '/b'))).toEqual([])
  })

  it('may have the same router id or pods where nobody uses them', () => {
    const routed = { ...second, virtualRouterId: first.virtualRouterId, balancer: 'node-local' as const }
    expect(told(first, routed)).toEqual([])
    const theirs = { ...second, network: { ...first.network, plugin: { kind: 'none' as const } } }
    expect(told(first, theirs)).toEqual([])
  })

  it('may share a host, each with a door of its own', () => {
    const guest = (cluster: Cluster, port: number): Cluster => ({
      ...cluster,
      hosted: { host: { ...first, name: 'host' }, hostFile: '/host.yaml', replicas: 3, service: { type: 'NodePort', port } },
    })
    expect(told(guest(first, 30443), guest(second, 30443))).toEqual(['1 Q1665 spec.controlPlane.hosted.service'])
    expect(told(guest(first, 30443), guest(second, 30444))).toEqual([])
  })

  it('tell a pool of the first that holds a machine of the second', () => {
    expect(told({ ...first, loadBalancer: { addressPool: ['10.99.0.128/25'] } }, second)).toEqual([
      '0 Q1607 spec.loadBalancer.addressPool[0]',
    ])
  })
})

describe('loadTogether', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-together-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const write = (name: string, change: (text: string) => string): string => {
    const file = join(folder, name)
    writeFileSync(file, change(initText({ name: name.slice(0, 1), controlPlanes: 1, workers: 0, balancers: 0, zones: 0 })))
    return file
  }

  it('puts each clash at its line of the later file', async () => {
    const a = write('a.yaml', (text) => text)
    const b = write('b.yaml', (text) => text.replace('10.244', '10.245').replace(/10\.99\.0\.21/, '10.99.0.22'))
    const { clusters, problems } = await loadTogether([a, b])
    expect(clusters).toBeUndefined()
    const [clash, ...more] = problems.filter((p) => p.severity === 'error')
    expect(more).toEqual([])
    expect(clash).toMatchObject({ code: 'Q1601', at: { file: b, path: 'spec.endpoint.address', column: 14 } })
  })

  it('gives the clusters in the order of the files', async () => {
    const a = write('a.yaml', (text) => text)
    const c = write('c.yaml', (text) => text.replace('10.244', '10.245').replaceAll('10.99.0.', '10.99.7.'))
    const { clusters } = await loadTogether([c, a])
    expect(clusters?.map((one) => one.name)).toEqual(['c', 'a'])
  })

  it('tells a file that is not there', async () => {
    const { clusters, problems } = await loadTogether([join(folder, 'nowhere.yaml')])
    expect(clusters).toBeUndefined()
    expect(problems.map((p) => p.code)).toEqual(['Q1009'])
  })
})
