import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../machine/process.js'

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
export const makeEmptySnapshot = async (out: string, bin: string): Promise<void> => {
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
  const child = spawn(
    join(bin, 'etcd'),
    flags.map(([k, v]) => `--${k}=${v}`),
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  try {
    const etcdctl = join(bin, 'etcdctl')
    for (let n = 0; ; n++) {
      const result = await runProcess([etcdctl, '--endpoints', client, 'snapshot', 'save', out], { timeoutMs: 5000, allowFailure: n < 50 })
      if (result.exit === 0) return
      await sleep(100)
    }
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(data, { recursive: true, force: true })
  }
}
