import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderProxyAlive } from '../../src/render/vrrp-scripts.js'
import { fast } from './clusters.js'

/** The script that decides over the virtual IP, run by the real bash against a listener that behaves in a chosen way. */

let dir: string
let server: Server
let port: number
let asked = 0
let onConnection: (socket: Socket) => void
const open = new Set<Socket>()

const answers = (socket: Socket): void => void socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\n'))
const refuses = (socket: Socket): void => void socket.once('data', () => socket.end('HTTP/1.0 503 Service Unavailable\r\n\r\n'))
const isSilent = (): void => undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-alive-'))
  asked = 0
  server = createServer((socket) => {
    asked++
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})

/** What systemd would say of the proxy's unit, from a program of that name that comes first. */
const systemdSays = (state: string): Promise<void> =>
  writeFile(join(dir, 'systemctl'), `#!/bin/sh\n[ "$*" = "is-active haproxy.service" ] && echo ${state}\n`, { mode: 0o755 })

const stopServer = async (): Promise<void> => {
  for (const socket of open) socket.destroy()
  await new Promise((done) => server.close(done))
}

afterEach(async () => {
  await stopServer()
  await rm(dir, { recursive: true, force: true })
})

/** Only a proxy that stays silent is to be waited for in earnest; a busy computer must not look like one. */
const patient = { ...fast, vrrpCheck: { ...fast.vrrpCheck, timeoutMs: 5000 } }

const run = async (timing = patient): Promise<{ exit: number; ms: number; stderr: string }> => {
  const path = join(dir, 'proxy-alive')
  await writeFile(path, renderProxyAlive(timing, 'haproxy').replace('/127.0.0.1/8404', `/127.0.0.1/${port}`), { mode: 0o755 })
  const startMs = performance.now()
  const child = spawn(path, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: `${dir}:${process.env.PATH}` } })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString()
  })
  const exit = await new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)))
  return { exit, ms: performance.now() - startMs, stderr }
}

const calm = { ...fast, vrrpCheck: { ...fast.vrrpCheck, intervalMs: 1000, timeoutMs: 5000 } }

describe('the check of the proxy', () => {
  it('looks several times within one second and is content with answers', async () => {
    onConnection = answers
    const { exit, ms, stderr } = await run()
    expect([exit, asked, stderr]).toEqual([0, 4, ''])
    expect(ms).toBeLessThan(3000)
  })

  it.each(['inactive', 'failed'])('fails at once when nothing listens and the proxy is %s', async (state) => {
    await stopServer()
    await systemdSays(state)
    const { exit, ms, stderr } = await run({ ...patient, vrrpCheck: { ...patient.vrrpCheck, restartMs: 20_000 } })
    expect([exit, stderr]).toEqual([1, ''])
    expect(ms).toBeLessThan(3000)
  })

  it('waits for a proxy that is on its way, so that the address does not move for a restart', async () => {
    onConnection = answers
    await stopServer()
    await systemdSays('activating')
    setTimeout(() => server.listen(port, '127.0.0.1'), 300)
    const { exit, stderr } = await run({ ...patient, vrrpCheck: { ...patient.vrrpCheck, restartMs: 20_000 } })
    expect([exit, stderr]).toEqual([0, ''])
    expect(asked).toBeGreaterThan(0)
  })

  it('gives up a proxy that is on its way and never comes', async () => {
    await stopServer()
    await systemdSays('activating')
    const { exit, ms } = await run()
    expect(exit).toBe(1)
    expect(ms).toBeGreaterThanOrEqual(patient.vrrpCheck.restartMs)
  })

  it('fails when the proxy accepts but does not speak', async () => {
    onConnection = isSilent
    const { exit, ms } = await run(fast)
    expect([exit, asked]).toEqual([1, 2])
    expect(ms).toBeLessThan(3000)
  })

  it('fails when the answer is not 200', async () => {
    onConnection = refuses
    expect((await run()).exit).toBe(1)
  })

  it('forgives one failure between answers', async () => {
    onConnection = (socket) => (asked === 2 ? socket.destroy() : answers(socket))
    expect((await run()).exit).toBe(0)
    asked = 0
    onConnection = (socket) => (asked === 3 ? socket.destroy() : answers(socket))
    expect([(await run()).exit, asked]).toEqual([0, 4])
    asked = 0
    onConnection = (socket) => (asked === 4 ? socket.destroy() : answers(socket))
    expect([(await run()).exit, asked]).toEqual([0, 5])
  })

  it('leaves the counting to keepalived when it is asked once a second', async () => {
    onConnection = answers
    expect([(await run(calm)).exit, asked]).toEqual([0, 1])
    onConnection = (socket) => void socket.destroy()
    asked = 0
    expect((await run(calm)).exit).toBe(1)
  })
})
