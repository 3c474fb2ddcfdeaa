import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EtcdClient } from '../../src/client/etcd.js'
import type { Cluster, MachineSpec } from '../../src/model/cluster.js'
import { fault } from '../../src/model/problem.js'
import type { StepContext } from '../../src/steps/context.js'
import { initialiseEtcd, promoteEtcd, retireEtcd } from '../../src/steps/etcd.js'
import { addLearner, agreedMembers, memberAt, promote, requireOthers } from '../../src/steps/etcd-members.js'
import { demo } from '../check/support/healthy.js'
import { loopbackDial } from '../client/support/dial.js'
import { EtcdCluster, etcdBinary } from '../client/support/etcd-cluster.js'
import { endChild } from '../end-child.js'

const binary = etcdBinary()
const newcomer: MachineSpec = { name: 'm2', address: '127.0.0.2', roles: ['control-plane', 'etcd'] }
const veteran: MachineSpec = { name: 'm1', address: '127.0.0.1', roles: ['control-plane', 'etcd'] }

describe.skipIf(!binary)('members of a cluster in service', () => {
  let etcd: EtcdCluster
  let ctx: StepContext
  let joining: ChildProcess | undefined
  const gates: string[] = []

  beforeAll(async () => {
    etcd = await EtcdCluster.start(binary ?? '', 1)
    const identity = await etcd.authority.identity('tester')
    const cluster: Cluster = { ...demo, machines: [veteran, newcomer] }
    ctx = {
      cluster,
      etcd: [
        { machine: 'm1', client: etcd.client(0) },
        { machine: 'm2', client: new EtcdClient({ host: '127.0.0.2', port: 2379, tls: identity, dial: loopbackDial() }) },
      ],
      facts: async () => ({ files: {} }),
      etcdServedBefore: async () => true,
      requireQuorumWithout: async (machine: string) => {
        gates.push(machine)
        throw fault('Q4020', { machine, healthy: 0, members: 2, quorum: 2 })
      },
    } as unknown as StepContext
    // Its own list names it by its real peer URL; the machine of the file must be the same one.
    const [own] = (await etcd.client(0).memberList()) ?? []
    await etcd.client(0).memberUpdate(own?.id ?? '', [own?.peerUrls[0] ?? '', 'https://127.0.0.1:2380'])
  })
  afterAll(async () => {
    if (joining) await endChild(joining)
    await etcd.stop()
  })

  it('are joined, not initialised anew', async () => {
    expect(await initialiseEtcd.observe(ctx, 'm2')).toMatchObject({ state: 'todo', reason: expect.stringContaining('learner') })
    // One that has a vote and no data has lost it.
    expect(await initialiseEtcd.observe(ctx, 'm1')).toMatchObject({ state: 'blocked', problem: { code: 'Q4015' } })
    expect(await promoteEtcd.observe(ctx, 'm2')).toEqual({ state: 'todo', reason: 'is no member yet' })
  })

  it('come as learners, once, however often they are added', async () => {
    const first = await addLearner(ctx, newcomer)
    const again = await addLearner(ctx, newcomer)
    expect(again.member).toEqual(first.member)
    expect(first.member).toMatchObject({ name: '', isLearner: true })
    expect(first.list.split(',')).toContain('m2=https://127.0.0.2:2380')
    expect(first.list.split(',')).toContain('m1=https://127.0.0.1:2380')
    // It may be stopped: it has no vote, so nobody is asked.
    await requireOthers(ctx, 'm2')
    expect(gates).toEqual([])
  })

  it('get their vote when they have the store', { timeout: 60_000 }, async () => {
    const { list } = await addLearner(ctx, newcomer)
    const { directory } = etcd
    const leaf = await etcd.authority.leaf('etcd', { ip: ['127.0.0.1', '127.0.0.2'] })
    await writeFile(join(directory, 'm2.crt'), leaf.cert)
    await writeFile(join(directory, 'm2.key'), leaf.key)
    const files = [`--cert-file=${directory}/m2.crt`, `--key-file=${directory}/m2.key`, `--trusted-ca-file=${directory}/ca.crt`]
    const [own, peer] = ['https://127.0.0.2:2379', 'https://127.0.0.2:2380']
    joining = spawn(
      binary ?? '',
      [
        ...['--name', 'm2', '--data-dir', join(directory, 'm2'), '--initial-cluster', list, '--initial-cluster-state', 'existing'],
        ...['--listen-client-urls', own, '--advertise-client-urls', own, '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--client-cert-auth', ...files, '--peer-client-cert-auth', ...files.map((one) => one.replace(/^--/, '--peer-'))],
        ...['--heartbeat-interval', '50', '--election-timeout', '500', '--log-level', 'error'],
      ],
      { stdio: 'ignore' },
    )
    await promote(ctx, newcomer)
    const agreed = await agreedMembers(ctx)
    expect(memberAt(agreed?.members ?? [], newcomer)).toMatchObject({ name: 'm2', isLearner: false })
    expect(await promoteEtcd.observe(ctx, 'm2')).toEqual({ state: 'done' })
    // Now its vote counts, and the gate is asked.
    await expect(requireOthers(ctx, 'm2')).rejects.toMatchObject({ problem: { code: 'Q4020' } })
    expect(gates).toEqual(['m2'])
  })

  it('leave the list when the file no longer names them', { timeout: 60_000 }, async () => {
    const alone = { ...ctx, cluster: { ...ctx.cluster, machines: [veteran] } }
    expect(await retireEtcd.observe(ctx, '')).toEqual({ state: 'done' })
    expect(await retireEtcd.observe(alone, '')).toEqual({ state: 'todo', reason: 'm2 not in the file any more' })
    await retireEtcd.run(alone, '')
    expect((await agreedMembers(alone))?.members.map((one) => one.name)).toEqual(['m1'])
    expect(await retireEtcd.observe(alone, '')).toEqual({ state: 'done' })
  })
})
