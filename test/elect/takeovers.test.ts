import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EtcdCluster, etcdBinary } from '../client/support/etcd-cluster.js'
import { built } from './support/built.js'
import { CuttableProxy } from './support/cuttable-proxy.js'
import { isAlive } from './support/family.js'
import { type Fault, Stage } from './support/stage.js'

const binary = etcdBinary()
const places = [0, 1, 2]

/** Nine in a round, six rounds: 54 takeovers. */
const round: readonly Fault[] = ['clean', 'kill', 'freeze', 'partition', 'clean', 'kill both', 'freeze all', 'clean', 'freeze both']
const rounds = 6

describe.skipIf(!binary)('takeovers over a real etcd', () => {
  let etcd: EtcdCluster
  let stage: Stage
  const proxies: CuttableProxy[][] = []

  beforeAll(async () => {
    built()
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
    const { takeovers, resource } = stage
    expect(takeovers.length).toBeGreaterThanOrEqual(50)

    // By the fencing token: what the resource took is in the order of tokens, and each token belongs to one process.
    const accepted = resource.writes.filter((write) => write.accepted)
    for (const [at, write] of accepted.entries()) if (at > 0) expect(write.token >= (accepted[at - 1]?.token ?? 0n)).toBe(true)
    expect(new Set(accepted.map(({ token, pid }) => `${token} ${pid}`)).size).toBe(new Set(accepted.map(({ token }) => token)).size)

    // From outside: only a COMMAND that was frozen with everything that could have ended it may show up once more, and is refused.
    const frozen = new Set(takeovers.filter(({ fault }) => fault === 'freeze all').map(({ from }) => from))
    const runs = stage.runs()
    const overlaps = runs.slice(1).filter((run, at) => {
      const before = runs[at]
      return before && !frozen.has(before.token) && before.lastNs >= run.firstNs
    })
    expect(overlaps).toEqual([])
    const refused = resource.writes.filter((write) => !write.accepted)
    expect(refused.filter(({ token }) => !frozen.has(token))).toEqual([])

    const row = (fault: Fault) => {
      const of = takeovers.filter((one) => one.fault === fault)
      const times = of.map((one) => Math.round(one.ms)).sort((a, b) => a - b)
      const gaps = of.map((one) => Math.round(one.gapMs)).sort((a, b) => a - b)
      return `${fault.padEnd(12)} n=${of.length} takeover ms min/median/max ${times[0]}/${times[times.length >> 1]}/${times.at(-1)}, gap min ${gaps[0]}`
    }
    console.info([...new Set(round)].map(row).join('\n'), `\nwrites ${resource.writes.length}, refused ${refused.length}`)
  }, 240_000)
})
