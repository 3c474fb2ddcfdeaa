import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { needsApiDoor, renderApiDoorScript } from '../../src/render/api-door.js'
import { colocated, externalEtcd, fast, guide, named, stacked } from './clusters.js'

/** The program that looks after an etcd member, run by the real perl against a member that behaves in a chosen way; nft writes down what it is told. */

let dir: string
let member: Server
let port: number
let asked: number
let program: ChildProcess
let said: string
let onQuestion: (socket: Socket) => void
const open = new Set<Socket>()

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const answers = (socket: Socket): void => void socket.write(answer('200 OK', 'ok'))
const isSilent = (): void => undefined

const listen = (at = 0): Promise<void> => new Promise((done) => member.listen(at, '127.0.0.1', done))
const end = async (): Promise<void> => {
  const closed = new Promise((done) => member.close(done))
  for (const socket of open) socket.destroy()
  await closed
}

/** Only a member that stays silent is to be waited for in earnest; a busy computer must not look like one. */
const start = async (silentMs = 5000): Promise<void> => {
  const timing = { ...fast, etcd: { ...fast.etcd, lookMs: 20, silentMs } }
  await writeFile(join(dir, 'api-door'), renderApiDoorScript(timing).replace('PeerPort => 2381', `PeerPort => ${port}`), { mode: 0o755 })
  program = spawn(join(dir, 'api-door'), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${dir}:${process.env.PATH}` },
  })
  program.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await vi.waitFor(() => expect(told()).toContain('table inet quorate_api_door {'), { timeout: 10_000 })
}

const told = (): string => (existsSync(join(dir, 'told')) ? readFileSync(join(dir, 'told'), 'utf8') : '')
const count = (text: string): number => told().split(text).length - 1
const shut = 'add element inet quorate_api_door closed { 6443 timeout 3s }'
const opened = 'flush set inet quorate_api_door closed'
const says = (text: string | RegExp): Promise<void> => vi.waitFor(() => expect(said).toMatch(text), { timeout: 10_000, interval: 10 })
const looks = (more: number): Promise<void> => {
  const until = asked + more
  return vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(until), { timeout: 10_000, interval: 10 })
}

describe('the door of an API server', () => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'quorate-door-'))
    asked = 0
    said = ''
    onQuestion = answers
    member = createServer((socket) => {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => open.delete(socket))
      socket.on('data', (data) => {
        expect(data.toString()).toBe('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
        asked++
        onQuestion(socket)
      })
    })
    await listen()
    const address = member.address()
    port = typeof address === 'object' && address ? address.port : 0
    await writeFile(join(dir, 'nft'), `#!/bin/sh\ncat >> ${dir}/told\n`, { mode: 0o755 })
  })

  afterEach(async () => {
    const ended = new Promise((done) => program.once('close', done))
    program.kill('SIGTERM')
    await ended
    await end()
    await rm(dir, { recursive: true, force: true })
  })

  it('stays open while the member answers, over one connection', async () => {
    await start()
    await looks(10)
    expect([count(shut), said, open.size]).toEqual([0, '', 1])
  })

  it('is not moved by an answer in pieces, nor by an idle connection that the member closes', async () => {
    await start()
    onQuestion = (socket) => {
      const text = answer('200 OK', 'ok')
      socket.write(text.slice(0, 30))
      setTimeout(() => socket.write(text.slice(30, -1)), 10)
      setTimeout(() => socket.write(text.slice(-1)), 20)
    }
    await looks(3)
    onQuestion = (socket) => socket.end(answer('200 OK', 'ok'))
    await looks(3)
    expect([count(shut), said]).toEqual([0, ''])
  })

  it('is shut when the member ended, kept shut, and opened when it is back', async () => {
    await start()
    await looks(2)
    await end()
    await says('closed: etcd refuses connections\n')
    await vi.waitFor(() => expect(count(shut)).toBe(1))
    // The kernel would open it after 3 s, so it is told again in time.
    await vi.waitFor(() => expect(count(shut)).toBeGreaterThanOrEqual(2), { timeout: 5000 })
    expect(count(opened)).toBe(0)
    await listen(port)
    await says('open: etcd answers\n')
    await vi.waitFor(() => expect(count(opened)).toBe(1))
  })

  it('is shut by silence, no sooner than said, and opened by the answer to the old question', async () => {
    await start(400)
    await looks(2)
    let waiting: Socket | undefined
    const silentSince = new Promise<number>((done) => {
      onQuestion = (socket) => {
        waiting = socket
        onQuestion = isSilent
        done(performance.now())
      }
    })
    const since = await silentSince
    await says('closed: etcd did not answer for 0.4 s\n')
    expect(performance.now() - since).toBeGreaterThanOrEqual(400)
    const before = asked
    onQuestion = answers
    waiting?.write(answer('200 OK', 'ok'))
    await says('open: etcd answers\n')
    expect(asked - before).toBeLessThanOrEqual(1)
  })

  it('is given more time where a member wants to run and does not come to it', async () => {
    // A busy program of that name stands for it: the listener itself is a part of this test.
    await copyFile('/usr/bin/perl', join(dir, 'etcd'))
    const busy = spawn(join(dir, 'etcd'), ['-e', '1 while 1'], { stdio: 'ignore' })
    try {
      await start(200)
      onQuestion = isSilent
      await says(/closed: etcd did not answer for .* s\n/)
      expect(said).toBe('closed: etcd did not answer for 1 s\n')
    } finally {
      busy.kill('SIGKILL')
    }
  })

  it('is shut when the member cannot read its store', async () => {
    await start()
    onQuestion = (socket) => void socket.write(answer('503 Service Unavailable', 'not ok'))
    await says('closed: etcd says 503\n')
    onQuestion = answers
    await says('open: etcd answers\n')
  })
})

describe('a door', () => {
  it('is there where an API server has a member of its own, and others beside it', () => {
    const has = (cluster: ReturnType<typeof stacked>, name: string, timing = fast) => needsApiDoor(cluster, named(cluster, name), timing)
    expect([has(stacked(), 'cp-1'), has(colocated(), 'm-2')]).toEqual([true, true])
    expect([has(stacked(), 'lb-1'), has(stacked(), 'w-1'), has(externalEtcd(), 'cp-1'), has(externalEtcd(), 'etcd-1')]).not.toContain(true)
    expect(has(stacked(), 'cp-1', guide)).toBe(false)
    const alone = { ...stacked(), machines: stacked().machines.filter((m) => m.name !== 'cp-2' && m.name !== 'cp-3') }
    expect(has(alone, 'cp-1')).toBe(false)
  })
})
