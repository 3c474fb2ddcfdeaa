import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialTcp } from '../../src/elect/dial.js'
import { EtcdLock } from '../../src/elect/etcd-lock.js'
import type { Term } from '../../src/elect/lock.js'
import { EtcdCluster, etcdBinary } from '../client/support/etcd-cluster.js'
import { CuttableProxy } from './support/cuttable-proxy.js'
import { ElectorProcess } from './support/elector-process.js'
import { isAlive } from './support/family.js'

const binary = etcdBinary()

describe.skipIf(!binary)('a lock that is a key of a real etcd', () => {
  let etcd: EtcdCluster
  let flags: (lock: string) => string[]
  const open: EtcdLock[] = []
  const processes: ElectorProcess[] = []

  const lock = async (name: string, ports = etcd.members.map((member) => member.clientPort)): Promise<EtcdLock> => {
    const instance = randomUUID()
    const made = new EtcdLock({
      endpoints: ports.map((port) => ({ host: '127.0.0.1', port })),
      tls: await etcd.authority.identity('elector'),
      dial: dialTcp,
      key: `/test/${name}`,
      claimant: { identity: `me-${instance.slice(0, 4)}`, instance },
      ttlMs: 1000,
    })
    open.push(made)
    return made
  }
  const taken = async (one: EtcdLock): Promise<Term> => {
    for (;;) {
      await one.untilFree(() => {}, AbortSignal.timeout(15_000))
      const term = await one.take()
      if (term) return term
    }
  }
  const elector = (name: string, more: readonly string[], command: readonly string[]): ElectorProcess => {
    const made = new ElectorProcess([...flags(name), ...more, '--', ...command])
    processes.push(made)
    return made
  }

  beforeAll(async () => {
    etcd = await EtcdCluster.start(binary ?? '', 3)
    const { cert, key } = await etcd.authority.leaf('elector')
    for (const [name, text] of Object.entries({ 'elector.crt': cert, 'elector.key': key })) writeFileSync(join(etcd.directory, name), text)
    flags = (name) => [
      ...['--lock', name, '--ttl', '2s', '--etcd', etcd.members.map((member) => `https://127.0.0.1:${member.clientPort}`).join(',')],
      ...['--cacert', join(etcd.directory, 'ca.crt')],
      ...['--cert', join(etcd.directory, 'elector.crt'), '--key', join(etcd.directory, 'elector.key')],
    ]
  }, 180_000)
  afterAll(async () => {
    for (const one of open) one.close()
    for (const one of processes) await one.end()
    await etcd?.stop()
  }, 30_000)

  it('is taken by one of many that reach for it at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => lock('crowd')))
    const terms = await Promise.all(all.map((one) => one.take()))
    expect(terms.filter(Boolean)).toHaveLength(1)
  })

  it('hands out a token that grows with every term, and is free at once when it is given up', async () => {
    const [a, b] = [await lock('given'), await lock('given')]
    let last = 0n
    for (let n = 0; n < 5; n++) {
      const [one, other] = n % 2 === 0 ? [a, b] : [b, a]
      const term = await taken(one)
      expect(BigInt(term.token)).toBeGreaterThan(last)
      last = BigInt(term.token)
      expect((await other.read({ deadlineMs: 3000 }))?.token).toBe(term.token)
      await one.release(term)
    }
  })

  it('passes on when it is not renewed, not before its time is over, and is lost to the one that slept', async () => {
    const [a, b] = [await lock('slept'), await lock('slept')]
    const first = await taken(a)
    const second = await taken(b)
    const passedMs = second.renewedAt.monoMs - first.renewedAt.monoMs
    expect(passedMs).toBeGreaterThanOrEqual(first.ttlMs)
    expect(await a.renew(first, { deadlineMs: 3000 })).toBe('lost')
    expect(await b.renew(second, { deadlineMs: 3000 })).not.toBe('lost')
  })

  it('counts a key that somebody deleted as lost, although the lease is still there', async () => {
    const a = await lock('deleted')
    const term = await taken(a)
    await etcd.client(0).txn({ compare: [], success: [{ remove: '/test/deleted' }] })
    expect(await a.renew(term, { deadlineMs: 3000 })).toBe('lost')
  })

  it('is renewed through another member when one says nothing', async () => {
    const proxies = await Promise.all(etcd.members.map((member) => CuttableProxy.to(member.clientPort)))
    const a = await lock(
      'silent',
      proxies.map(({ port }) => port),
    )
    const term = await taken(a)
    const silent = proxies.find(({ port }) => a.endpoint.endsWith(`:${port}`))
    silent?.cut()
    await expect(a.renew(term, { deadlineMs: 200 })).rejects.toThrow()
    expect(await a.renew(term, { deadlineMs: 3000 })).not.toBe('lost')
    a.close()
    for (const proxy of proxies) proxy.stop()
  })

  it('passes on the exit status of COMMAND and gives the lock up', async () => {
    const one = elector('status', [], ['sh', '-c', 'echo "$QUORATE_LOCK $QUORATE_FENCING_TOKEN"; exit 7'])
    let out = ''
    one.process.stdout?.on('data', (part) => {
      out += part
    })
    expect(await one.exit).toBe(7)
    expect(out).toMatch(/^status \d+\n$/)
    const killed = elector('status', [], ['sh', '-c', 'kill -9 $$'])
    expect(await killed.exit).toBe(137)
  }, 30_000)

  it('tells hooks, and with --keep goes on after COMMAND', async () => {
    const log = join(etcd.directory, 'hooks')
    const statusFile = join(etcd.directory, 'status.json')
    const hooks = ['elected', 'lost', 'change'].flatMap((name) => [
      `--on-${name}`,
      `echo $QUORATE_EVENT $QUORATE_ROLE $QUORATE_HOLDER >> ${log}`,
    ])
    const more = ['--keep', '--identity', 'first', '--status-file', statusFile, ...hooks]
    const one = elector('hooks', more, ['sh', '-c', 'exit 3'])
    await one.until('two terms', ({ said }) => said.filter(({ type }) => type === 'released').length >= 2)
    one.process.kill('SIGTERM')
    expect(await one.exit).toBe(0)
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(log, 'utf8').split('\n').slice(0, 3)).toEqual([
      'on-elected active first',
      'on-change active first',
      'on-lost standby',
    ])
    expect(JSON.parse(readFileSync(statusFile, 'utf8'))).toMatchObject({ lock: 'hooks', identity: 'first', role: 'standby' })
  }, 30_000)

  it('refuses what cannot work before anybody is elected', async () => {
    const cases: [string[], string[], string][] = [
      [['--lock', 'Bad Name'], ['true'], 'Q7901'],
      [['--ttl', '100ms'], ['true'], 'Q7902'],
      [['--grace', '5s'], ['true'], 'Q7902'],
      [['--cacert', '/nowhere/ca.crt'], ['true'], 'Q7903'],
      [['--etcd', 'nonsense'], ['true'], 'Q7901'],
      [['--kubeconfig', '/nowhere'], ['true'], 'Q7901'],
      [[], ['/nowhere/program'], 'Q7904'],
      [['--status-file', '/nowhere/status.json'], ['true'], 'Q7906'],
    ]
    for (const [more, command, code] of cases) {
      const one = elector('refused', more, command)
      expect([await one.exit, /Q\d+/.exec(one.stderr)?.[0]]).toEqual([2, code])
      expect(one.said.filter(({ type }) => type === 'elected')).toEqual([])
    }
  }, 60_000)

  it('is stepped down from in time when etcd has no quorum any more', async () => {
    const one = elector('quorum', [], ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'])
    await one.until('COMMAND', ({ said }) => said.some(({ type }) => type === 'started'))
    const worker = Number(one.said.find(({ type }) => type === 'started')?.pid)
    await etcd.kill(1)
    await etcd.kill(2)
    const lostAt = performance.now()
    await expect.poll(() => isAlive(worker), { timeout: 10_000, interval: 5 }).toBe(false)
    // The lease may have been renewed up to the very moment, and SIGKILL comes at nine tenths of it.
    expect(performance.now() - lostAt).toBeLessThan(2000)
    await one.until('stepping down', ({ said }) => said.some(({ type, reason }) => type === 'lost' && reason === 'not renewed'))
    expect(one.running).toBe(true)
    one.process.kill('SIGTERM')
    expect(await one.exit).toBe(0)
  }, 40_000)
})
