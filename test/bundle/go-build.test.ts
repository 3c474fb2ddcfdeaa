import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCache } from '../../src/bundle/cache.js'
import { programsFromModules } from '../../src/bundle/from-modules.js'
import { goVersion } from '../../src/bundle/go-build.js'
import { type ModulePin, readPins } from '../../src/bundle/pins.js'
import type { EventBody } from '../../src/model/event.js'
import { tinyPins } from './tiny.js'

const go = await goVersion().catch(() => undefined)
if (!go) console.warn('SKIPPED: building from modules needs Go')

let dir: string
let modules: ModulePin[]
const events: EventBody[] = []
const pinsOf = async (source?: string): Promise<void> => {
  await tinyPins(join(dir, 'pins'), source)
  modules = (await readPins(join(dir, 'pins'))).modules
}
const build = (signal?: AbortSignal) =>
  programsFromModules(openCache(join(dir, 'cache')), join(dir, 'pins'), modules, (e) => events.push(e), signal ? { signal } : {})

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-go-'))
  events.length = 0
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe.skipIf(!go)('programs from modules', { timeout: 120_000 }, () => {
  it('are built under their names, once, and packages are counted to the end', async () => {
    await pinsOf()
    const programs = await build()
    expect(Object.keys(programs)).toEqual(['greet'])
    expect(execFileSync('sh', ['-c', `${programs.greet} 2>&1`], { encoding: 'utf8' })).toBe('hello\n')
    const amounts = events.filter((e) => e.type === 'step.progress')
    const total = amounts.at(-1)?.total ?? 0
    expect(total).toBeGreaterThan(10)
    expect(amounts.at(-1)?.done).toBe(total)
    expect(amounts.map((a) => a.done)).toEqual(amounts.map((a) => a.done).toSorted((a, b) => a - b))
    const said = events.length
    expect(await build()).toEqual(programs)
    expect(events).toHaveLength(said)
  })

  it('are built again when a go.sum changes', async () => {
    await pinsOf()
    const first = await build()
    await writeFile(join(dir, 'pins/hello/go.sum'), '\n')
    expect((await build()).greet).not.toBe(first.greet)
  })

  it("end in the compiler's words", async () => {
    await pinsOf('package main\n\nfunc main() { nothing() }\n')
    await expect(build()).rejects.toMatchObject({
      problem: { code: 'Q2002', data: { module: 'hello', output: expect.stringContaining('undefined: nothing') } },
    })
    expect(await readdir(join(dir, 'cache/objects')).catch(() => [])).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'step.failed', problem: { code: 'Q2002' } })
  })

  it('stop when they are told to, and nothing is shown as failed', async () => {
    await pinsOf()
    await expect(build(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect(events.filter((e) => e.type === 'step.failed')).toEqual([])
  })
})
