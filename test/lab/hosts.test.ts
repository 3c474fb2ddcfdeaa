import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { initText } from '../../src/config/init.js'
import { loadCluster } from '../../src/config/load.js'
import { type Lab, openLab } from '../../src/lab/lab.js'
import { inNamespace } from '../../src/lab/network.js'
import type { MachineSpec } from '../../src/model/cluster.js'
import type { DrillReport } from '../../src/report/drill-report.js'
import { type Ended, quorate } from './quorate.js'
import { labImage, labState } from './support.js'

/**
 * Hosts that exist: bare Debian machines in a network that quorate reaches like any operator would, by addresses, keys and known hosts of a file.
 * Nothing of the bundle is on them. They are machines of a lab only so that the test has some.
 */
const name = 't-hosts'
const { root: labRoot, clean } = labState(name)
const cwd = mkdtempSync(join(tmpdir(), 'quorate-hosts-'))
const state = join(cwd, 'state')
const file = join(cwd, 'cluster.yaml')
const plain = initText({ name, controlPlanes: 3, workers: 0, balancers: 0, zones: 3 }).replaceAll(
  '[control-plane, etcd, balancer]',
  '[control-plane, etcd, worker, balancer]',
)
const { cluster } = loadCluster(plain, file)
if (!cluster) throw new Error('the file of this test does not load')
/** Two more hosts, for a second cluster. */
const more: MachineSpec[] = [1, 2].map((n) => ({ name: `g-${n}`, address: `10.99.0.${50 + n}`, roles: ['worker'] }))
let lab: Lab

const login = () => ({ user: 'root', identityFile: lab.paths.identity, knownHostsFile: lab.paths.knownHosts })

const run = (args: readonly string[]): Promise<Ended> =>
  quorate(args, { state, cwd, prefix: inNamespace(lab.paths), limitMs: 400_000 }).ended

beforeAll(async () => {
  const image = await labImage()
  const empty = join(cwd, 'empty')
  mkdirSync(empty)
  const all = { ...cluster, machines: [...cluster.machines, ...more] }
  lab = openLab(all, labRoot)
  await lab.prepare()
  await Promise.all(all.machines.map((m) => lab.boot(m.name, { ...image, layer: empty, containerd: empty, digest: 'nothing' })))
  writeFileSync(file, plain.replace('  machines:\n', `  ssh: ${JSON.stringify(login())}\n  machines:\n`))
})

afterAll(async () => {
  await lab?.fleet.close()
  await clean()
  rmSync(cwd, { recursive: true, force: true })
})

describe('hosts over SSH', () => {
  it('refuses a host whose key is not the known one, and changes nothing', async () => {
    const strange = join(cwd, 'strange.yaml')
    writeFileSync(join(cwd, 'nobody'), '')
    writeFileSync(
      strange,
      plain.replace('  machines:\n', `  ssh: { user: root, identityFile: ${lab.paths.identity}, knownHostsFile: nobody }\n  machines:\n`),
    )
    const ended = await run(['apply', strange])
    expect(ended.exit).not.toBe(0)
    expect(ended.err).toContain('Q3007')
    expect((await lab.fleet.machine('cp-1').sh('ls /usr/local/bin /etc/kubernetes 2>&1', { allowFailure: true })).stdout).not.toContain(
      'kubelet',
    )
  })

  it('plans the installation of bare hosts', async () => {
    const { steps } = JSON.parse((await run(['plan', file, '-o', 'json'])).out) as { steps: { id: string; state: string }[] }
    expect(steps.filter((s) => s.id.startsWith('lab/'))).toEqual([])
    expect(steps.find((s) => s.id === 'machines/install/cp-1')?.state).toBe('todo')
  })

  it('installs the bundle and builds the cluster, and the second time there is nothing to do', async () => {
    const first = await run(['apply', file])
    expect(first.exit, first.out + first.err).toBe(0)
    expect(JSON.parse((await run(['apply', file, '-o', 'json'])).out)).toMatchObject({ alreadyUp: true, changes: [] })
    expect((await run(['check', file])).exit).toBe(0)
  })

  it('breaks nothing on hosts without the name of the cluster, typed', async () => {
    const refused = await run(['drill', file, '--only', 'etcd-follower-kill'])
    expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining('Q6301')])
  })

  it('drills hosts by name, and leaves out what only somebody outside of them could do', async () => {
    const args = ['drill', file, '--only', 'etcd-follower-kill,holder-power', '--confirm', name, '--out', join(cwd, 'drill'), '-o', 'json']
    const ended = await run(args)
    expect([0, 4], ended.err).toContain(ended.exit)
    const { faults } = JSON.parse(ended.out) as DrillReport
    expect(faults.map((one) => one.id)).toEqual(['no-fault', 'etcd-follower-kill', 'quorum-lost'])
    expect(readFileSync(join(cwd, 'drill', 'run.json'), 'utf8')).toContain('only machines made by quorate can be acted on from outside')
    const [drilled] = faults.filter((one) => one.id === 'etcd-follower-kill')
    const said = JSON.stringify(drilled?.reasons)
    expect([drilled?.effectProof.proven, drilled?.undoProof.proven, drilled?.safety.verdict], said).toEqual([true, true, 'valid'])
    expect((await lab.fleet.machine('cp-1').sh('ls /run/quorate/operator', { allowFailure: true })).exit).not.toBe(0)
  })

  it('carry the control plane of a second cluster, with an etcd that is there already', async () => {
    const { machine } = lab.fleet
    for (const [own, there] of Object.entries({
      'ca.crt': 'etcd/ca.crt',
      'etcd.crt': 'apiserver-etcd-client.crt',
      'etcd.key': 'apiserver-etcd-client.key',
    }))
      writeFileSync(join(cwd, own), (await machine('cp-1').sh(`cat /etc/kubernetes/pki/${there}`)).stdout, { mode: 0o600 })
    const guest = join(cwd, 'guest.yaml')
    const spec = {
      endpoint: { address: '10.99.0.40' },
      controlPlane: { hosted: { cluster: 'cluster.yaml', service: { type: 'NodePort', port: 30443 } } },
      etcd: {
        external: {
          endpoints: cluster.machines.map((m) => `https://${m.address}:2379`),
          ...{ caFile: 'ca.crt', certFile: 'etcd.crt', keyFile: 'etcd.key', prefix: '/guest' },
        },
      },
      network: { podSubnet: '10.245.0.0/16', serviceSubnet: '10.97.0.0/16' },
      ssh: login(),
      machines: more,
    }
    writeFileSync(guest, stringify({ apiVersion: 'quorate.dev/v1alpha1', kind: 'Cluster', metadata: { name: 't-hosted' }, spec }))
    const first = await run(['apply', guest])
    expect(first.exit, first.out + first.err).toBe(0)
    expect(JSON.parse((await run(['apply', guest, '-o', 'json'])).out)).toMatchObject({ alreadyUp: true, changes: [] })
    expect((await run(['check', guest])).exit).toBe(0)
    const keys = await machine('cp-1').sh(
      `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/apiserver-etcd-client.crt --key=/etc/kubernetes/pki/apiserver-etcd-client.key get /guest/minions --prefix --keys-only`,
    )
    expect(keys.stdout.split('\n').filter(Boolean)).toEqual(['/guest/minions/g-1', '/guest/minions/g-2'])
    expect((await run(['check', file])).exit).toBe(0)
  })

  it('never takes hosts away', async () => {
    const ended = await run(['down', file])
    expect(ended.out).not.toContain('removed')
    expect((await lab.fleet.machine('cp-1').sh('systemctl is-active kubelet')).stdout).toBe('active\n')
    expect((await run(['check', file])).exit).toBe(0)
  })
})
