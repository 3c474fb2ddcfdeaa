import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EtcdCluster, etcdBinary } from '../client/support/etcd-cluster.js'
import { CuttableProxy } from './support/cuttable-proxy.js'
import { isAlive } from './support/family.js'
import { type Fault, Stage } from './support/stage.js'
import { expectNeverTwo } from './support/verdict.js'

const binary = etcdBinary()
const places = [0, 1, 2]

/** Ten in a round, five rounds: 50 takeovers. */
const round: readonly Fault[] = [
  'clean',
  'kill',
  'freeze',
  'partition',
  'clean',
  'kill both',
  'freeze all',
  'clean',
  'freeze both',
  'clean',
]
const rounds = 5

describe.skipIf(!binary)('takeovers over a real etcd', () => {
  let etcd: EtcdCluster
  let stage: Stage
  const proxies: CuttableProxy[][] = []

  beforeAll(async () => {
    etcd = await EtcdCluster.start(binary ?? '', 3)
    const identity = await etcd.authority.leaf('elector')
    const file = (name: string, text: string): string => {
      writeFileSync(join(etcd.directory, name), text, { mode: 0o600 })
      return join(etcd.directory, name)
    }
    const cert = file('elector.crt', identity.cert)
    const key = file('elector.key', identity.key)
    for (const place of places) {
      proxies[place] = await Promise.all(etcd.members.map((member) => CuttableProxy.to(member.clientPort)))
    }
    stage = new Stage(
      (place) => [
        ...['--lock', 'takeovers', '--ttl', '1s', '--stop-timeout', '100ms'],
        ...['--etcd', (proxies[place] ?? []).map(({ port }) => `https://127.0.0.1:${port}`).join(',')],
        ...['--cacert', join(etcd.directory, 'ca.crt'), '--cert', cert, '--key', key],
      ],
      (place) => {
        for (const proxy of proxies[place] ?? []) proxy.cut()
      },
      (place) => {
        for (const proxy of proxies[place] ?? []) proxy.heal()
      },
    )
    for (const place of places) stage.start(place)
    await stage.active()
  }, 180_000)

  afterAll(async () => {
    await stage?.stop()
    for (const proxy of proxies.flat()) proxy.stop()
    await etcd?.stop()
    expect(stage?.family.filter(isAlive)).toEqual([])
  }, 30_000)

  it('never let two be active, whatever is done to whoever is', async () => {
    for (let n = 0; n < rounds; n++) for (const fault of round) await stage.takeover(fault)
    expect(stage.takeovers.length).toBeGreaterThanOrEqual(50)

    console.info(expectNeverTwo(stage))
  }, 240_000)
})
