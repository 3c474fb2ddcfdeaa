import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EtcdError } from '../../src/client/etcd-error.js'
import { TransportFault } from '../../src/client/transport.js'
import { EtcdCluster, etcdBinary } from './support/etcd-cluster.js'

const binary = etcdBinary()

const refusal = async (work: Promise<unknown>): Promise<EtcdError> => {
  const error = await work.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(EtcdError)
  return error as EtcdError
}

describe.skipIf(!binary)('three real members', () => {
  let cluster: EtcdCluster
  let leader = 0
  beforeAll(async () => {
    cluster = await EtcdCluster.start(binary ?? '', 3)
    const states = await Promise.all(cluster.clients.map((c) => c.status()))
    leader = states.findIndex((s) => s.memberId === s.leaderId)
  }, 30_000)
  afterAll(() => cluster?.stop())

  it('tell their status, each for itself', async () => {
    const states = await Promise.all(cluster.clients.map((c) => c.status()))
    expect(new Set(states.map((s) => s.clusterId)).size).toBe(1)
    expect(new Set(states.map((s) => s.memberId)).size).toBe(3)
    expect(new Set(states.map((s) => s.leaderId)).size).toBe(1)
    for (const state of states) {
      expect(state).toMatchObject({ isLearner: false, errors: [], alarms: [] })
      expect(state.memberId).toMatch(/^[0-9a-f]{1,16}$/)
      expect(state.version).toMatch(/^3\.\d+\.\d+$/)
      expect(state.dbSizeBytes).toBeGreaterThan(0)
      expect(state.dbQuotaBytes).toBeGreaterThan(0)
      expect(state.raftTerm).toBeGreaterThan(0)
    }
  })

  it('list the members with ids that status shows', async () => {
    const members = await cluster.client(0).memberList()
    const local = await cluster.client(1).memberList({ linearizable: false })
    expect(local).toEqual(members)
    expect(members.map((m) => m.name).sort()).toEqual(['m1', 'm2', 'm3'])
    const ids = await Promise.all(cluster.clients.map(async (c) => (await c.status()).memberId))
    expect(members.map((m) => m.id).sort()).toEqual(ids.sort())
  })

  it('write, read, delete and compare', async () => {
    const client = cluster.client(0)
    const first = await client.put('a/1', 'one')
    const second = await client.put('a/2', Buffer.from([0, 255, 1]))
    expect(second.revision).toBe(first.revision + 1)
    const all = await cluster.client(1).range('a/', { prefix: true })
    expect(all.kvs.map((kv) => [kv.key, kv.value])).toEqual([
      ['a/1', Buffer.from('one')],
      ['a/2', Buffer.from([0, 255, 1])],
    ])
    expect((await client.range('a/', { prefix: true, countOnly: true })).count).toBe(2)
    expect((await client.range('a/1', { revision: first.revision })).kvs[0]?.modRevision).toBe(first.revision)

    const swap = (to: string) =>
      client.txn({
        compare: [{ key: 'a/1', target: 'value', to: 'one' }],
        success: [{ put: 'a/1', value: to }],
        failure: [{ range: 'a/1' }],
      })
    expect(await swap('two')).toMatchObject({ succeeded: true })
    const late = await swap('three')
    expect(late.succeeded).toBe(false)
    expect(late.ranges[0]?.[0]?.value.toString()).toBe('two')
    const gone = await client.txn({ compare: [{ key: 'a/', target: 'create', op: '=', to: 0 }], success: [{ remove: 'a/', prefix: true }] })
    expect(gone.succeeded).toBe(true)
    expect((await client.range('a/', { prefix: true })).kvs).toEqual([])
  })

  it('have an equal hash at an equal revision', async () => {
    const { revision } = await cluster.client(0).put('hash', 'x')
    await Promise.all(cluster.clients.map((c) => c.range('hash')))
    const hashes = await Promise.all(cluster.clients.map((c) => c.hashKv(revision)))
    expect(new Set(hashes.map((h) => h.hash)).size).toBe(1)
    expect(hashes[0]?.hashRevision).toBe(revision)
    expect(await refusal(cluster.client(0).hashKv(revision + 1000))).toMatchObject({ codeName: 'OUT_OF_RANGE', outcome: 'definite' })
  })

  it('watch from a revision on, in order, with old values', async () => {
    const client = cluster.client(0)
    const { revision } = await client.put('w/1', 'a')
    const seen: string[] = []
    const watching = (async () => {
      for await (const message of cluster.client(1).watch('w/', { prefix: true, startRevision: revision, previous: true })) {
        for (const event of message.events)
          seen.push(
            `${event.type} ${event.kv.key} ${event.kv.value} was ${event.previous?.value ?? '-'} @${event.kv.modRevision - revision}`,
          )
        if (seen.length === 3) return
      }
    })()
    await client.put('w/1', 'b')
    await client.txn({ compare: [], success: [{ remove: 'w/1' }] })
    await watching
    expect(seen).toEqual(['put w/1 a was - @0', 'put w/1 b was a @1', 'delete w/1  was b @2'])
  })

  it('say so when the history of a watch is gone', async () => {
    const client = cluster.client(0)
    const { revision } = await client.put('c', '1')
    await client.put('c', '2')
    await client.put('c', '3')
    await client.compact(revision + 2, { physical: true })
    const messages = []
    for await (const message of client.watch('c', { startRevision: revision })) messages.push(message)
    expect(messages.at(-1)?.compactRevision).toBe(revision + 2)
    expect(await refusal(client.range('c', { revision }))).toMatchObject({ codeName: 'OUT_OF_RANGE', outcome: 'definite' })
  })

  it('save a snapshot whose sum was checked', async () => {
    await cluster.client(0).put('big', Buffer.alloc(900_000, 7))
    const path = join(cluster.directory, 'saved.db')
    const progress: number[] = []
    const result = await cluster.client(1).snapshot(path, { onProgress: (done, total) => progress.push(done / total) })
    const content = await readFile(path)
    expect(content.length).toBe(result.bytes)
    expect(createHash('sha256').update(content.subarray(0, -32)).digest('hex')).toBe(result.sha256)
    expect(content.subarray(-32).toString('hex')).toBe(result.sha256)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(progress.at(-1)).toBe(1)
    expect((await readdir(cluster.directory)).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('add a learner, refuse to promote it before it runs, and remove it', async () => {
    const client = cluster.client(leader)
    // etcd refuses membership changes until its peers have been connected for 5 s.
    const limit = Date.now() + 12_000
    const url = 'https://127.0.0.1:1'
    const add = async (): Promise<Awaited<ReturnType<typeof client.memberAdd>>> => {
      try {
        return await client.memberAdd([url])
      } catch (error) {
        expect(error).toMatchObject({ outcome: 'definite', text: 'unhealthy cluster' })
        if (Date.now() > limit) throw error
        await new Promise((done) => setTimeout(done, 500))
        return await add()
      }
    }
    const { member, members } = await add()
    expect(member).toMatchObject({ name: '', isLearner: true, peerUrls: [url] })
    expect(members).toHaveLength(4)
    expect(await refusal(client.memberPromote(member.id))).toMatchObject({ codeName: 'FAILED_PRECONDITION', outcome: 'definite' })
    // "Peer URLs already exists", or within the same second "member ID already exist": the id is made from URL and time.
    expect(await refusal(client.memberAdd([url]))).toMatchObject({ codeName: 'FAILED_PRECONDITION', outcome: 'definite' })
    await client.memberRemove(member.id)
    expect(await client.memberList()).toHaveLength(3)
    expect(await refusal(client.memberRemove(member.id))).toMatchObject({ codeName: 'NOT_FOUND', outcome: 'definite' })
  })

  it('move the leader, only when the leader is asked', async () => {
    const target = (leader + 1) % 3
    const { memberId } = await cluster.client(target).status()
    expect(await refusal(cluster.client(target).moveLeader(memberId))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      text: 'not leader',
    })
    await cluster.client(leader).moveLeader(memberId)
    expect((await cluster.client(target).status()).leaderId).toBe(memberId)
    leader = target
  })

  it('defragment', async () => {
    await cluster.client(2).defragment()
    const { dbSizeBytes, dbSizeInUseBytes } = await cluster.client(2).status()
    expect(dbSizeInUseBytes).toBeLessThanOrEqual(dbSizeBytes)
  })

  it('keep telling their own view without quorum; a write then has an unknown outcome', async () => {
    const alive = cluster.client(0)
    await cluster.kill(1)
    await cluster.kill(2)
    await expect.poll(async () => (await alive.status()).leaderId, { timeout: 5000 }).toBe('0')
    expect((await alive.status()).errors).toContain('etcdserver: no leader')
    expect(await alive.memberList({ linearizable: false })).toHaveLength(3)
    expect((await alive.range('big', { serializable: true })).kvs).toHaveLength(1)
    const lost = await alive.put('x', '1', { deadlineMs: 500 }).catch((error: unknown) => error)
    expect(lost).toBeInstanceOf(TransportFault)
    expect(lost).toMatchObject({ phase: 'first-byte', outcome: 'unknown' })
    const dead = await cluster
      .client(1)
      .status()
      .catch((error: unknown) => error)
    expect(dead).toMatchObject({ phase: 'dial', outcome: 'definite' })
  })
})

describe.skipIf(!binary)('one real member with a small quota', () => {
  let cluster: EtcdCluster
  beforeAll(async () => {
    cluster = await EtcdCluster.start(binary ?? '', 1, ['--quota-backend-bytes', String(2 * 1024 * 1024)])
  }, 30_000)
  afterAll(() => cluster?.stop())

  it('raises NOSPACE, shows it in status, and is healed by compact, defragment and disarm', async () => {
    const client = cluster.client(0)
    const fill = async (): Promise<EtcdError> => {
      for (let i = 0; i < 50; i++) {
        const error = await client.put('fill', Buffer.alloc(200_000, i)).catch((thrown: unknown) => thrown)
        if (error instanceof EtcdError) return error
      }
      throw new Error('the quota was never reached')
    }
    expect(await fill()).toMatchObject({ codeName: 'RESOURCE_EXHAUSTED', outcome: 'definite' })
    await expect.poll(async () => (await client.status()).alarms.map((a) => a.alarm)).toEqual(['NOSPACE'])
    const status = await client.status()
    expect(status.alarms).toEqual(await client.alarms())
    await client.compact(status.revision, { physical: true })
    await client.defragment()
    for (const alarm of status.alarms) await client.alarmDisarm(alarm)
    expect((await client.status()).alarms).toEqual([])
    await client.put('fill', 'again')
  })
})
