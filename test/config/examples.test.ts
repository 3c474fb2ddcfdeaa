import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { predictOutages } from '../../src/config/budget.js'
import { defaultCluster } from '../../src/config/init.js'
import { loadClusterFile } from '../../src/config/load.js'
import { survivesLoss } from '../../src/config/survives.js'
import { type Cluster, topologyOf } from '../../src/model/cluster.js'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const names = readdirSync(examples).filter((name) => name.endsWith('.yaml'))
const own = mkdtempSync(join(tmpdir(), 'quorate-examples-'))
afterAll(() => rmSync(own, { recursive: true }))

/** In a folder of its own, with the files beside it that an example asks its reader for. */
const load = async (name: string): Promise<{ cluster: Cluster; warnings: string[] }> => {
  cpSync(join(examples, name), join(own, name))
  for (const file of ['etcd-ca.crt', 'etcd-client.crt']) writeFileSync(join(own, file), '-----BEGIN CERTIFICATE-----\n')
  writeFileSync(join(own, 'etcd-client.key'), '-----BEGIN PRIVATE KEY-----\n')
  const { cluster, problems } = await loadClusterFile(join(own, name))
  if (!cluster) throw new Error(JSON.stringify(problems, null, 2))
  return { cluster, warnings: problems.map((one) => one.code) }
}

/** Name of the file, topology, balancer, warnings, survives any machine, survives any zone. */
const table: [string, string, string, string, boolean, boolean][] = [
  ['external-balancer', 'stacked', 'external', '', true, true],
  ['external-etcd', 'external-etcd', 'haproxy-keepalived', '', true, true],
  ['five-control-planes', 'stacked', 'haproxy-keepalived', '', true, true],
  ['metallb', 'stacked', 'haproxy-keepalived', '', true, true],
  ['nginx', 'stacked', 'nginx-keepalived', '', true, true],
  ['node-local', 'stacked', 'node-local', 'Q1206', false, false],
  ['single', 'stacked', 'haproxy-keepalived', 'Q1305', false, false],
  ['stacked', 'stacked', 'haproxy-keepalived', '', true, true],
  ['three-machines', 'stacked', 'haproxy-keepalived', '', true, true],
  ['your-own-etcd', 'user-etcd', 'haproxy-keepalived', '', true, true],
]

describe('examples', () => {
  it('are the ones of this table', () => {
    expect(names).toEqual(table.map(([name]) => `${name}.yaml`))
  })

  it.each(table)('%s is %s behind %s', async (name, topology, balancer, warned, machine, zone) => {
    const { cluster, warnings } = await load(`${name}.yaml`)
    expect(cluster.name).toBe(name)
    expect([topologyOf(cluster), cluster.balancer, warnings.sort().join(' ')]).toEqual([topology, balancer, warned])
    expect(survivesLoss(cluster, 'machine').survives).toBe(machine)
    expect(survivesLoss(cluster, 'zone').survives).toBe(zone)
    expect(predictOutages(cluster).length).toBeGreaterThan(5)
  })

  it.each(names)('%s tells newcomers what it is and how it is brought up', (name) => {
    const text = readFileSync(join(examples, name), 'utf8')
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schema/cluster-v1alpha1.json')
    expect(text).toMatch(new RegExp(`# {3}quorate (up|apply) examples/${name}\n`))
  })

  it('stacked is the built-in cluster under another name', async () => {
    const { cluster } = await load('stacked.yaml')
    expect({ ...cluster, name: 'demo', virtualRouterId: 0 }).toEqual({ ...defaultCluster(), virtualRouterId: 0 })
  })

  it('your-own-etcd says which file is missing', async () => {
    const { problems } = await loadClusterFile(join(examples, 'your-own-etcd.yaml'))
    expect(problems.map((one) => `${one.code} ${one.at?.path}`)).toEqual(
      ['caFile', 'certFile', 'keyFile'].map((file) => `Q1802 spec.etcd.external.${file}`),
    )
  })
})
