import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../machine/process.js'
import { fault } from '../model/problem.js'
import { contained } from './contained.js'

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const port = (server.address() as { port: number }).port
      server.close(() => resolve(port))
    })
  })

/** A snapshot of a store in which nothing was ever written: from it, members are given their list before they first start. */
export const makeEmptySnapshot = async (out: string, bin: string, signal?: AbortSignal): Promise<void> => {
  const data = await mkdtemp(join(tmpdir(), 'quorate-etcd-'))
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`]
  const flags = [
    ['data-dir', data],
    ['listen-client-urls', client],
    ['advertise-client-urls', client],
    ['listen-peer-urls', peer],
    ['initial-advertise-peer-urls', peer],
    ['initial-cluster', `default=${peer}`],
    ['log-level', 'error'],
  ]
  const [command, ...args] = contained([join(bin, 'etcd'), ...flags.map(([k, v]) => `--${k}=${v}`)])
  const child = spawn(command, args, { stdio: 'ignore' })
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done())
    child.once('error', () => done())
  })
  try {
    for (let n = 0; ; n++) {
      signal?.throwIfAborted()
      const result = await runProcess([join(bin, 'etcdctl'), '--endpoints', client, 'snapshot', 'save', out], {
        timeoutMs: 10_000,
        allowFailure: true,
        ...(signal ? { signal } : {}),
      })
      if (result.exit === 0) return
      // Its own server on its own address: not up after so many tries, it never will be.
      if (n === 100) throw fault('Q3001', { command: 'etcdctl snapshot save', exit: result.exit, stderr: result.stderr.trim().slice(-400) })
      await sleep(100)
    }
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(data, { recursive: true, force: true })
  }
}
