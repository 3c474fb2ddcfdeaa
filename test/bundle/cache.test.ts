import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openCache } from '../../src/bundle/cache.js'
import { readManifest } from '../../src/bundle/manifest.js'

let root: string
let compiled: string

/** Builds of another process: the cache as JavaScript, run by a node of its own. */
beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'quorate-compiled-'))
  const options = ['--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', '--types', 'node', '--typeRoots', 'node_modules/@types']
  execFileSync('node_modules/.bin/tsc', ['--ignoreConfig', ...options, '--outDir', compiled, '--rootDir', 'src', 'src/bundle/cache.ts'])
  await writeFile(join(compiled, 'package.json'), '{"type":"module"}')
})
afterAll(() => rm(compiled, { recursive: true, force: true }))

const inOtherProcess = (make: string) => {
  const script = `
    import { openCache } from ${JSON.stringify(join(compiled, 'bundle/cache.js'))}
    import { writeFile } from 'node:fs/promises'
    const waiting = (who) => console.log('waiting for ' + who)
    await openCache(${JSON.stringify(root)}).produce('tool-1', async (dir) => { ${make} }, { waiting })
    console.log('done')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const says = async (text: string): Promise<void> => {
    for (let n = 0; n < 300 && !said.includes(text); n++) await sleep(20)
    expect(said).toContain(text)
  }
  return { child, ended, says, said: () => said }
}

const fill = (text: string) => async (dir: string) => {
  await writeFile(join(dir, 'tool'), text, { mode: 0o755 })
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorate-cache-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('produce', () => {
  it('makes a thing once, with a list of all that is in it', async () => {
    const cache = openCache(root)
    let made = 0
    const make = async (dir: string) => {
      made++
      await mkdir(join(dir, 'sub'))
      await writeFile(join(dir, 'sub/tool'), 'x')
      await symlink('sub/tool', join(dir, 'link'))
    }
    const dir = await cache.produce('tool-1', make)
    expect(await cache.produce('tool-1', make)).toBe(dir)
    expect(cache.find('tool-1')).toBe(dir)
    expect(made).toBe(1)
    expect((await readManifest(dir)).map(({ path, kind, is }) => [path, kind, is.slice(0, 8)])).toEqual([
      ['link', 'l', 'sub/tool'],
      ['sub', 'd', ''],
      ['sub/tool', 'f', '2d711642'],
    ])
    expect((await stat(dir)).mode & 0o777).toBe(0o755)
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  it('keeps nothing of what failed, and makes it the next time', async () => {
    const cache = openCache(root)
    const failing = cache.produce('tool-1', async (dir) => {
      await writeFile(join(dir, 'tool'), 'half')
      throw new Error('no more')
    })
    await expect(failing).rejects.toThrow('no more')
    expect(cache.find('tool-1')).toBeUndefined()
    expect(await readdir(join(root, 'tmp'))).toEqual([])
    expect(await readFile(join(await cache.produce('tool-1', fill('whole')), 'tool'), 'utf8')).toBe('whole')
  })

  it('takes nothing without its list for a result', async () => {
    await mkdir(join(root, 'objects/tool-1'), { recursive: true })
    await writeFile(join(root, 'objects/tool-1/tool'), 'old')
    const cache = openCache(root)
    expect(cache.find('tool-1')).toBeUndefined()
    expect(await readFile(join(await cache.produce('tool-1', fill('new')), 'tool'), 'utf8')).toBe('new')
  })

  it('takes nothing of a killed build for a result, and clears it away', async () => {
    const killed = inOtherProcess(
      `await writeFile(dir + '/tool', 'half'); console.log('writing'); await new Promise((r) => setTimeout(r, 60000))`,
    )
    await killed.says('writing')
    killed.child.kill('SIGKILL')
    await killed.ended
    const cache = openCache(root)
    expect(cache.find('tool-1')).toBeUndefined()
    expect((await readdir(join(root, 'tmp'))).length).toBeGreaterThan(0)
    expect(await readFile(join(await cache.produce('tool-1', fill('whole')), 'tool'), 'utf8')).toBe('whole')
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  it('sweeps what a killed build left, and not what a living one works on', async () => {
    const living = inOtherProcess(
      `console.log('writing'); await writeFile(dir + '/tool', 'x'); await new Promise((r) => setTimeout(r, 1500))`,
    )
    await living.says('writing')
    await mkdir(join(root, 'tmp/other-2.abcdef'))
    await openCache(root).sweep()
    const left = await readdir(join(root, 'tmp'))
    expect(left.some((name) => name.startsWith('other-2'))).toBe(false)
    expect(left.some((name) => name.startsWith('tool-1.'))).toBe(true)
    await living.ended
    expect(living.said()).toContain('done')
    expect(existsSync(join(root, 'objects/tool-1/tool'))).toBe(true)
  })

  it('lets one of two processes work, and gives its result to both', async () => {
    const first = inOtherProcess(
      `console.log('writing'); await writeFile(dir + '/tool', 'first'); await new Promise((r) => setTimeout(r, 700))`,
    )
    await first.says('writing')
    const waited: string[] = []
    const dir = await openCache(root).produce('tool-1', fill('second'), { waiting: (who) => waited.push(who) })
    expect(await readFile(join(dir, 'tool'), 'utf8')).toBe('first')
    expect(waited).toEqual([expect.stringMatching(new RegExp(`^quorate, process ${first.child.pid}, since \\d\\d:\\d\\d:\\d\\d UTC$`))])
    await first.ended
  })

  it('goes on by itself when the process it waits for is killed', async () => {
    const first = inOtherProcess(`console.log('writing'); await new Promise((r) => setTimeout(r, 60000))`)
    await first.says('writing')
    const second = openCache(root).produce('tool-1', fill('second'), { waiting: () => first.child.kill('SIGKILL') })
    expect(await readFile(join(await second, 'tool'), 'utf8')).toBe('second')
    await first.ended
  })

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController()
    const cache = openCache(root)
    let release = (): void => undefined
    const first = cache.scratch('tool-1', () => new Promise<void>((done) => (release = done)))
    const second = cache.produce('tool-1', fill('x'), { signal: stop.signal, waiting: () => stop.abort(new Error('enough')) })
    await expect(second).rejects.toThrow('enough')
    release()
    await first
  })
})

describe('adopt', () => {
  it('takes a finished folder, and leaves one alone that is there', async () => {
    const cache = openCache(root)
    const other = openCache(join(root, 'elsewhere'))
    const [a, b] = [await other.produce('tool-1', fill('a')), await other.produce('tool-2', fill('b'))]
    expect(await readFile(join(await cache.adopt('tool-1', a), 'tool'), 'utf8')).toBe('a')
    expect(await readFile(join(await cache.adopt('tool-1', b), 'tool'), 'utf8')).toBe('a')
  })
})
