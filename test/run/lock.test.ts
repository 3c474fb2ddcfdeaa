import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Fault } from '../../src/model/problem.js'
import { takeLock } from '../../src/run/lock.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-lock-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const now = () => new Date()

it('a held lock names its owner and age, and is free after release', async () => {
  const lock = await takeLock(join(dir, 'lock'), 'apply', () => new Date(Date.now() - 90_000))
  const refused = await takeLock(join(dir, 'lock'), 'up', now).catch((e) => e)
  expect(refused).toBeInstanceOf(Fault)
  expect(refused.problem).toMatchObject({ code: 'Q4002', data: { pid: process.pid, verb: 'apply', ageS: 90 } })
  await lock.release()
  await (await takeLock(join(dir, 'lock'), 'up', now)).release()
  expect(await readdir(dir)).toEqual([])
})

it('of many takers exactly one wins', async () => {
  const takers = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(join(dir, 'lock'), 'up', now)))
  const won = takers.filter((t) => t.status === 'fulfilled')
  expect(won).toHaveLength(1)
  await Promise.all(won.map((t) => t.value.release()))
})

it('the lock of a process that was killed is free at once, though its file is still there', async () => {
  const held = join(dir, 'lock')
  const name = (await import('node:crypto')).createHash('sha256').update(held).digest('hex').slice(0, 40)
  const script = `require('net').createServer().listen('\\0quorate-lock-${name}', () => { require('fs').writeFileSync('${held}', '{"pid":1,"since":"2026-01-01T00:00:00Z"}'); console.log('held') }); setTimeout(() => {}, 60000)`
  const child = spawn(process.execPath, ['-e', script])
  await once(child.stdout, 'data')
  await expect(takeLock(held, 'up', now)).rejects.toBeInstanceOf(Fault)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await takeLock(held, 'up', now)
  expect(JSON.parse(await readFile(held, 'utf8')).pid).toBe(process.pid)
  await lock.release()
  const after = createConnection(`\0quorate-lock-${name}`)
  const [error] = await once(after, 'error')
  expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED')
})
