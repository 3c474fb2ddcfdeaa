import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Machine } from '../../src/machine/machine.js'
import { runProcess } from '../../src/machine/process.js'
import { takeHostLock } from '../../src/run/host-lock.js'

/** A host that is this computer: the scripts are run by the shell that runs them on hosts. */
const host = (name: string): Machine =>
  ({ name, sh: (script: string, options = {}) => runProcess(['sh', '-c', script], options) }) as Partial<Machine> as Machine

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'quorate-host-lock-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))
const path = (): string => join(dir, 'run', 'operator')

it('names its owner to the second operator, and is free after release', async () => {
  const lock = await takeHostLock([host('a')], { verb: 'apply', path: path() })
  await expect(takeHostLock([host('a')], { verb: 'up', path: path() })).rejects.toMatchObject({
    problem: { code: 'Q4002', data: { pid: process.pid, verb: 'apply' } },
  })
  await lock.release()
  await (await takeHostLock([host('a')], { verb: 'up', path: path() })).release()
  expect(readdirSync(join(dir, 'run'))).toEqual([])
})

it('of many takers exactly one wins', async () => {
  const takers = await Promise.allSettled(Array.from({ length: 12 }, () => takeHostLock([host('a')], { verb: 'apply', path: path() })))
  const won = takers.filter((t) => t.status === 'fulfilled')
  expect(won).toHaveLength(1)
  await Promise.all(won.map((t) => t.value.release()))
})

it('of a quorate that died is free after a while, and not before', async () => {
  await takeHostLock([host('a')], { verb: 'apply', path: path() })
  await expect(takeHostLock([host('a')], { verb: 'up', path: path() })).rejects.toMatchObject({ problem: { code: 'Q4002' } })
  const past = new Date(Date.now() - 120_000)
  utimesSync(path(), past, past)
  await (await takeHostLock([host('a')], { verb: 'up', path: path() })).release()
})

it('is not taken on one host while another refuses', async () => {
  const other = join(dir, 'other')
  const there: Machine = { ...host('b'), sh: (script, options) => host('b').sh(script.replaceAll(path(), other), options) } as Machine
  const first = await takeHostLock([there], { verb: 'apply', path: path() })
  await expect(takeHostLock([host('a'), there], { verb: 'up', path: path() })).rejects.toMatchObject({ problem: { code: 'Q4002' } })
  expect(readdirSync(join(dir, 'run'))).toEqual([])
  await first.release()
})

it('a host that does not answer stands in nobody’s way', async () => {
  const dead: Machine = { ...host('b'), sh: () => Promise.reject(new Error('no answer')) } as Machine
  await (await takeHostLock([dead, host('a')], { verb: 'apply', path: path() })).release()
})
