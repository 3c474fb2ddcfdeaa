import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { tryProcessLock } from '../../src/machine/process-lock.js'
import { packageFile } from '../../src/package.js'
import { endChild } from '../end-child.js'

const key = `/tmp/t-lock-${process.pid}`
const built = packageFile('dist/machine/process-lock.js')

describe('a process lock', () => {
  it('is held by one, is another for another key, and is free after its release', async () => {
    const lock = await tryProcessLock(key)
    expect(lock).toBeDefined()
    expect(await tryProcessLock(key)).toBeUndefined()
    const other = await tryProcessLock(`${key}/other`)
    expect(other).toBeDefined()
    await Promise.all([lock?.release(), other?.release()])
    const again = await tryProcessLock(key)
    expect(again).toBeDefined()
    await again?.release()
  })

  it('is given to exactly one of many who ask at once', async () => {
    const locks = await Promise.all(Array.from({ length: 20 }, () => tryProcessLock(key)))
    const held = locks.filter((lock) => lock !== undefined)
    expect(held).toHaveLength(1)
    await held[0]?.release()
  })

  it('dies with its process, by kill -9 too', async () => {
    const script = `import { tryProcessLock } from ${JSON.stringify(built)}
await tryProcessLock(${JSON.stringify(key)})
console.log('held')
setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await new Promise((done) => child.stdout.once('data', done))
      expect(await tryProcessLock(key)).toBeUndefined()
    } finally {
      await endChild(child)
    }
    const lock = await tryProcessLock(key)
    expect(lock).toBeDefined()
    await lock?.release()
  })
})
