import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { controlDirOf } from '../../src/machine/control-dir.js'
import { SshMachine } from '../../src/machine/ssh.js'
import { pick, sshFleet, sshMachineOf } from '../../src/machine/ssh-fleet.js'
import type { Cluster } from '../../src/model/cluster.js'
import { faultOf } from './contract.js'

const cluster = {
  name: `t-fleet-${process.pid}`,
  machines: [
    { name: 'a', address: '127.0.0.1', roles: ['worker'], ssh: { user: 'admin', port: 2222, identityFile: '/keys/id' } },
    { name: 'b', address: '127.0.0.2', roles: ['worker'] },
  ],
} as unknown as Cluster

describe('a fleet over SSH', () => {
  it('knows its machines, and names them to whoever asks for another', () => {
    const fleet = sshFleet(cluster)
    expect(fleet.isLab).toBe(false)
    expect(fleet.machine('b')).toMatchObject({ name: 'b', address: '127.0.0.2' })
    expect(() => fleet.machine('c')).toThrow(/Q4030 .*"a, b"/)
    expect(pick(cluster.machines, 'a').address).toBe('127.0.0.1')
  })

  it('logs in as the file says, never by password, never past an unknown key', () => {
    const controlDir = controlDirOf(cluster.name)
    const words = new SshMachine({ name: 'a', address: '127.0.0.1', user: 'admin', port: 2222, identityFile: '/keys/id', controlDir })
      .argv()
      .join(' ')
    const [spec] = cluster.machines
    if (spec) expect(sshMachineOf(spec, { controlDir }).argv().join(' ')).toBe(words)
    expect(words).toMatch(
      /BatchMode=yes.*StrictHostKeyChecking=yes.*ControlPersist=120.*IdentityFile=\/keys\/id.*-p 2222 -l admin 127\.0\.0\.1$/,
    )
  })

  it('leaves nothing behind when nobody was reached, and can be closed twice', async () => {
    const fleet = sshFleet({ ...cluster, name: `${cluster.name}-idle` })
    await fleet.close()
    await fleet.close()
    expect(existsSync(controlDirOf(`${cluster.name}-idle`))).toBe(false)
  })

  it('dials, and says why when it cannot', async () => {
    const fleet = sshFleet(cluster)
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as { port: number }
    const socket = await fleet.dial('127.0.0.1', port, { timeoutMs: 2000 })
    expect(String((await socket.toArray()).join(''))).toBe('hello')
    await new Promise((done) => server.close(done))
    const refused = await faultOf(fleet.dial('127.0.0.1', port, { timeoutMs: 2000 }))
    expect(refused.problem).toMatchObject({
      code: 'Q3010',
      data: { host: '127.0.0.1', port, reason: expect.stringContaining('ECONNREFUSED') },
    })
    await expect(fleet.dial('127.0.0.1', port, { timeoutMs: 2000, signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    )
  })

  it('gives up on a host that says nothing at its deadline, or when the signal is given', async () => {
    // A listener whose queue is full answers no further SYN.
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as { port: number }
    const fleet = sshFleet(cluster)
    const { execFileSync } = await import('node:child_process')
    // The listener is stopped from accepting by being busy: this thread is not in its event loop while the queue fills.
    const fill = `const net = require('net'); const open = []; for (let i = 0; i < 8; i++) { const s = net.connect(${port}, '127.0.0.1'); s.on('error', () => {}); open.push(s) } setTimeout(() => process.exit(), 300)`
    execFileSync(process.execPath, ['-e', fill])
    const startedMs = performance.now()
    await fleet.dial('127.0.0.1', port, { timeoutMs: 300 }).then(
      (socket) => socket.destroy(),
      (error) => expect(error.problem.code).toBe('Q3010'),
    )
    expect(performance.now() - startedMs).toBeLessThan(1000)
    server.close()
  })
})
