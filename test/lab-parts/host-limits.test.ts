import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limitsFor, raiseHostLimits } from '../../src/lab/host-limits.js'
import type { EventBody } from '../../src/model/event.js'
import { faultOf } from '../machine/contract.js'
import { mayMount } from '../machine/may-mount.js'

/** A folder in the place of /proc/sys: what is written to the real one stays written. */
describe('limits of the computer', () => {
  let root: string
  let events: EventBody[]
  const instances = 'fs/inotify/max_user_instances'
  const set = (path: string, value: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${value}\n`)
  }
  const get = (path: string): number => Number(readFileSync(join(root, path), 'utf8'))
  const raise = (machines: number): Promise<void> => raiseHostLimits(machines, (body) => void events.push(body), root)
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'q-limits-'))
    events = []
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('are raised before seven machines are short of them, and said', async () => {
    set(instances, 128)
    set('kernel/keys/root_maxkeys', 1_000_000)
    await raise(7)
    expect(get(instances)).toBe(8192)
    expect(get('kernel/keys/root_maxkeys')).toBe(1_000_000)
    expect(events).toEqual([
      { type: 'note', level: 'info', text: 'raised limits of this computer: fs.inotify.max_user_instances 128 -> 8192' },
    ])
  })

  it('are never lowered, nor touched twice, and one that this kernel does not know is left out', async () => {
    set(instances, 100_000)
    await raise(7)
    expect(get(instances)).toBe(100_000)
    set(instances, 128)
    await raise(7)
    events.length = 0
    await raise(7)
    expect(events).toEqual([])
  })

  it('that cannot be raised are a fault when they are too low, and no matter when they are just enough', async (context) => {
    const asRoot = process.getuid?.() === 0
    if (asRoot && !mayMount()) return context.skip('root that may not mount can write everything')
    set(instances, 128)
    chmodSync(join(root, instances), 0o444)
    // Modes do not keep root from writing; a read-only mount does.
    if (asRoot) execFileSync('mount', ['--bind', '-o', 'ro', join(root, instances), join(root, instances)])
    try {
      await raise(3)
      expect(events).toEqual([])
      const { problem } = await faultOf(raise(7))
      expect(problem).toMatchObject({
        code: 'Q3507',
        data: { name: 'fs.inotify.max_user_instances', now: 128, needed: 180, wanted: 8192, machines: 7 },
      })
    } finally {
      if (asRoot) execFileSync('umount', [join(root, instances)])
    }
  })

  it('grow with the machines', () => {
    for (const [i, limit] of limitsFor(100).entries()) {
      expect(limit.needed).toBeGreaterThanOrEqual(limitsFor(7)[i]?.needed ?? Number.POSITIVE_INFINITY)
      expect(limit.wanted).toBeGreaterThanOrEqual(limit.needed)
    }
  })
})
