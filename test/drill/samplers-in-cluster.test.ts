import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { windowsOf } from '../../src/drill/measure.js'
import { MachineClock } from '../../src/drill/samplers/clock.js'
import { dnsAnswered, dnsQuery } from '../../src/drill/samplers/dns-query.js'
import { InCluster } from '../../src/drill/samplers/in-cluster.js'
import { type Ask, inClusterScript, onNodeScript } from '../../src/drill/samplers/in-cluster-script.js'
import { monotonicMs } from '../../src/drill/samples.js'
import { runProcess } from '../../src/machine/process.js'
import { Door } from './support/door.js'

const root = process.getuid?.() === 0
const api = createServer((_, response) => response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.'))
let door: Door
let dns: UdpSocket
let directory: string
let pod: ChildProcess
let dnsMode: 'ok' | 'mute' | 'servfail' = 'ok'
const podPort = 18_080

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', () => resolve()))
  door = new Door((api.address() as AddressInfo).port)
  await door.open()
  dns = createSocket('udp4', (question, from) => {
    if (dnsMode === 'mute') return
    const answer = Buffer.concat([question, Buffer.from('c00c000100010000001e00040a600001', 'hex')])
    answer.writeUInt16BE(dnsMode === 'ok' ? 0x8580 : 0x8182, 2)
    answer.writeUInt16BE(dnsMode === 'ok' ? 1 : 0, 6)
    dns.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', () => resolve()))
  directory = await mkdtemp(join(tmpdir(), 'quorate-pod-'))
  await symlink('/usr/bin/perl', join(directory, 'drillpod'))
  pod = spawn(join(directory, 'drillpod'), ['-e', 'sleep 60', '--', `--http-port=${podPort}`])
})

afterAll(async () => {
  pod.kill()
  dns.close()
  await door.close()
  api.close()
  await rm(directory, { recursive: true, force: true })
})

const asks = (): Ask[] => [
  {
    key: 'service',
    intervalMs: 50,
    protocol: 'tcp',
    address: '127.0.0.1',
    port: door.port,
    send: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    expect: 'HTTPS server',
  },
  {
    key: 'dns',
    intervalMs: 100,
    protocol: 'udp',
    address: '127.0.0.1',
    port: dns.address().port,
    send: dnsQuery('kubernetes.default.svc.cluster.local'),
    expect: dnsAnswered,
  },
]

it.skipIf(!root)('asks from the network of a pod, open loop, and tells phase and cause', async () => {
  const told = new InCluster((key) => (key === 'dns' ? 100 : 50))
  const clock = new MachineClock(true, 0)
  const stop = new AbortController()
  const lines: string[] = []
  const run = runProcess(['sh', '-s'], {
    stdin: inClusterScript(asks(), 'drillpod', podPort),
    signal: stop.signal,
    allowFailure: true,
    onLine: (line) => {
      lines.push(line)
      told.line(line, clock)
    },
  }).catch((error: unknown) => error)
  await sleep(1200)
  const brokenMs = monotonicMs()
  dnsMode = 'mute'
  await door.set('refuse')
  await sleep(700)
  await door.set('open')
  dnsMode = 'servfail'
  const healedMs = monotonicMs()
  await sleep(500)
  dnsMode = 'ok'
  const goodMs = monotonicMs()
  await sleep(1800)
  stop.abort(new Error('done'))
  await run
  expect(lines.filter((line) => !/^(hello|s|v|\.) /.test(line))).toEqual([])
  const service = told.samples.get('service') ?? []
  const answered = service.filter((one) => one.ok && one.void === undefined)
  expect(answered.length).toBeGreaterThan(30)
  const [window, more] = windowsOf(service)
  expect(more).toBeUndefined()
  expect(Math.abs((window?.fromMs ?? 0) - brokenMs)).toBeLessThan(120)
  expect(Math.abs((window?.toMs ?? 0) - healedMs)).toBeLessThan(120)
  expect(new Set(service.filter((one) => !one.ok).map((one) => one.why))).toContain('connect refused')
  const names = told.samples.get('dns') ?? []
  const why = new Set(names.filter((one) => !one.ok && one.atMs < goodMs).map((one) => one.why))
  expect(why).toEqual(new Set(['answer timeout', 'answer wrong']))
  expect(names.filter((one) => one.atMs > goodMs + 150).every((one) => one.ok)).toBe(true)
  // Open loop: due times keep their distance through the outage.
  const due = service.map((one) => one.atMs).sort((a, b) => a - b)
  const gaps = due.slice(1).map((at, i) => at - (due[i] ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(51)
})

it.skipIf(!root)('ends with its pod, and says where there is none', async () => {
  const own = spawn(join(directory, 'drillpod'), ['-e', 'sleep 60', '--', '--http-port=18081'])
  await sleep(200)
  const run = runProcess(['sh', '-s'], { stdin: inClusterScript(asks(), 'drillpod', 18_081), allowFailure: true, timeoutMs: 8000 })
  await sleep(600)
  own.kill('SIGKILL')
  await new Promise((resolve) => own.once('close', resolve))
  expect((await run).exit).toBe(0)
  const none = await runProcess(['sh', '-s'], { stdin: inClusterScript(asks(), 'drillpod', 18_082), allowFailure: true })
  expect(none.exit).toBe(44)
  expect(none.stderr).toContain('no probe pod')
})

it('asks from the network of the machine itself, where no pod is needed', async () => {
  const told = new InCluster(() => 50)
  const clock = new MachineClock(true, 0)
  const stop = new AbortController()
  const onLine = (line: string): void => told.line(line, clock)
  const run = runProcess(['sh', '-s'], { stdin: onNodeScript(asks()), signal: stop.signal, allowFailure: true, onLine })
  await sleep(1500)
  stop.abort(new Error('done'))
  await expect(run).rejects.toThrow('done')
  expect(told.samples.get('service')?.filter((one) => one.ok).length).toBeGreaterThan(5)
})

it('refuses what a shell could misread', () => {
  const [ask] = [
    { key: 'a; reboot', intervalMs: 100, protocol: 'tcp' as const, address: '127.0.0.1', port: 1, send: Buffer.from(''), expect: '' },
  ]
  expect(() => inClusterScript([ask], 'drillpod', 1)).toThrow('not safe')
})
