import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lab, openLab } from '../../src/lab/lab.js'
import { inNamespace } from '../../src/lab/network.js'
import { SshMachine } from '../../src/machine/ssh.js'
import { faultOf, machineContract } from '../machine/contract.js'
import { labImage, labState, machinesOnly } from './support.js'

const cluster = machinesOnly('t-contract', 1)
let state: ReturnType<typeof labState>
let lab: Lab

beforeAll(async () => {
  state = labState(cluster.name)
  lab = openLab(cluster, state.root)
  await lab.prepare()
  await lab.boot('m-1', await labImage())
})
afterAll(() => state?.clean())

machineContract('over SSH to a machine of a lab', async () => ({
  machine: lab.fleet.machine('m-1'),
  real: true,
  close: () => lab.fleet.close(),
}))

describe('a machine whose user is not root', () => {
  let user: SshMachine
  beforeAll(async () => {
    await lab.fleet.machine('m-1').sh(`useradd --create-home --shell /bin/sh --password '*' admin
install -d -o admin -m 700 /home/admin/.ssh; install -o admin -m 600 /root/.ssh/authorized_keys /home/admin/.ssh/`)
    const controlDir = join(state.root, 'c')
    mkdirSync(controlDir, { mode: 0o700 })
    const { knownHosts, identity } = lab.paths
    const [machine] = cluster.machines
    const rest = { controlDir, knownHostsFile: knownHosts, identityFile: identity, prefix: inNamespace(lab.paths) }
    user = new SshMachine({ name: 'm-1', address: machine?.address ?? '', user: 'admin', port: 22, ...rest })
  })
  afterAll(() => user?.close())

  it('is told that sudo is wanting', async () => {
    expect((await faultOf(user.sh('true'))).problem).toMatchObject({ code: 'Q3009', machine: 'm-1', data: { user: 'admin' } })
    expect((await faultOf(user.write([{ path: '/etc/x', content: '' }]))).problem.code).toBe('Q3009')
  })

  it('runs everything by sudo, words and input unchanged', async () => {
    // Not the real one, which the machines do not have: it says that it was asked, and does as the user may.
    const sudo = '#!/bin/sh\n[ "$1" = -n ] || exit 9\nshift\nAS=root exec "$@"\n'
    await lab.fleet.machine('m-1').write([{ path: '/usr/local/bin/sudo', content: sudo, mode: 0o755 }])
    expect((await user.sh('echo "$AS"; cat', { stdin: "it's $HOME" })).stdout).toBe("root\nit's $HOME")
    expect((await user.exec(['printf', '%s|', "a b'c", '$AS', ''])).stdout).toBe("a b'c|$AS||")
    expect((await user.sh('exit 255', { allowFailure: true })).exit).toBe(255)
    expect((await faultOf(user.sh('sleep 12.34567', { timeoutMs: 300 }))).problem.code).toBe('Q3002')
    expect((await user.sh("ps -eo args | grep -c '^sleep 12.34567' || true")).stdout).toBe('0\n')
  })
})
