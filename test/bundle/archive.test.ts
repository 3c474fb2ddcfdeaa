import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Cache, openCache } from '../../src/bundle/cache.js'
import { ensureBundle } from '../../src/bundle/ensure.js'
import { exportBundle } from '../../src/bundle/export.js'
import { importBundle } from '../../src/bundle/import.js'
import { listBundle } from '../../src/bundle/list.js'
import { readyBundles } from '../../src/bundle/ready.js'
import { verifyObjects } from '../../src/bundle/verify.js'
import { tinyBundle, tinyPins } from './tiny.js'

let dir: string
let pinsDir: string
let cache: Cache
let archive: string
const emit = () => undefined
const other = () => openCache(join(dir, 'other'))

const verify = async (of: Cache) => {
  const [ready] = await readyBundles(of.root, pinsDir)
  return verifyObjects({ at: join(of.root, 'objects'), objects: ready?.bundle.objects ?? {}, emit })
}
const object = async (of: Cache, name: string): Promise<string> => {
  const [found] = (await readdir(join(of.root, 'objects'))).filter((label) => label.startsWith(`${name}-`))
  return join(of.root, 'objects', found ?? '')
}
const ready = (of: Cache) => ensureBundle({ kubernetesVersion: 'v1.0.0', source: 'auto', emit, cache: of, pinsDir, neededBytes: 2 ** 60 })
const nothingTaken = async () => {
  expect(await readdir(join(dir, 'other/objects')).catch(() => [])).toEqual([])
  expect(await readdir(join(dir, 'other/tmp')).catch(() => [])).toEqual([])
  expect((await readdir(join(dir, 'other')).catch(() => [])).filter((name) => name.startsWith('ready-'))).toEqual([])
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-archive-'))
  pinsDir = await tinyPins(join(dir, 'pins'))
  cache = await tinyBundle(join(dir, 'cache'), pinsDir)
  archive = join(dir, 'bundle.tar')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Unpacks the archive, lets `change` work on what is in it, and packs it again in the same order. */
const repacked = async (change: (at: string) => Promise<unknown>, more: string[] = []): Promise<void> => {
  await exportBundle(archive, { cache, pinsDir, emit })
  const at = join(dir, 'unpacked')
  await mkdir(at)
  execFileSync('tar', ['-xf', archive, '-C', at])
  await change(at)
  const objects = (await readdir(join(at, 'objects'))).map((label) => `objects/${label}`)
  execFileSync('tar', ['-cf', archive, '-C', at, 'quorate-bundle.json', ...objects, ...more])
}

describe('export and import', () => {
  it('carry a bundle to a computer, which then finds it ready', async () => {
    expect((await exportBundle(archive, { cache, pinsDir, emit })).sizeBytes).toBeGreaterThan(1000)
    expect(await importBundle(archive, { cache: other(), pinsDir, emit })).toEqual({ items: 5 })
    const bundle = await ready(other())
    expect(bundle.binaries.greet?.startsWith(join(dir, 'other'))).toBe(true)
    expect(execFileSync(bundle.binaries.greet ?? '', { encoding: 'utf8' })).toBe('hello\n')
    expect(bundle.digest).toBe((await ready(cache)).digest)
    expect(await verify(other())).toEqual([])
    expect((await readdir(dir)).filter((name) => name.includes('.part'))).toEqual([])
  })

  it('may be done twice, and do not touch what is there', async () => {
    await exportBundle(archive, { cache, pinsDir, emit })
    const rootfs = join(await object(cache, 'rootfs'), 'root/etc/os-release')
    await importBundle(archive, { cache, pinsDir, emit })
    expect(existsSync(rootfs)).toBe(true)
    expect(await verify(cache)).toEqual([])
  })

  it('count bytes to the end', async () => {
    const amounts: { step: string; done: number; total: number }[] = []
    const take = (e: { type: string }) => void (e.type === 'step.progress' && amounts.push(e as never))
    await exportBundle(archive, { cache, pinsDir, emit: take })
    await importBundle(archive, { cache: other(), pinsDir, emit: take })
    expect([...new Set(amounts.map((a) => a.step))]).toEqual(['bundle/verify', 'bundle/export', 'bundle/import'])
    expect(amounts.at(-1)).toMatchObject({ done: 5, total: 5 })
  })

  it('refuse to write what does not verify, and leave the archive of before', async () => {
    await writeFile(archive, 'of before')
    await appendFile(join(await object(cache, 'hello'), 'greet'), '# touched')
    const failure = await exportBundle(archive, { cache, pinsDir, emit }).catch((e: unknown) => e)
    expect(failure).toMatchObject({ errors: [{ problem: { code: 'Q2006' } }] })
    expect(await readFile(archive, 'utf8')).toBe('of before')
  })

  it('refuse without a finished bundle', async () => {
    await expect(exportBundle(archive, { cache: other(), pinsDir, emit })).rejects.toMatchObject({ problem: { code: 'Q2011' } })
  })
})

describe('import takes nothing', () => {
  it.each([
    ['of an archive with one changed byte', (at: string, label: string) => appendFile(join(at, 'objects', label, 'greet'), ' ')],
    ['of an archive in which a file became executable', (at: string, label: string) => chmod(join(at, 'objects', label, 'greet'), 0o777)],
    ['of an archive without a file', (at: string, label: string) => rm(join(at, 'objects', label, 'greet'))],
    ['of an archive with one more file', (at: string, label: string) => writeFile(join(at, 'objects', label, 'more'), '')],
    ['of an archive with another list', (at: string, label: string) => writeFile(join(at, 'objects', label, 'manifest.json'), '[]')],
  ])('%s', async (_, change) => {
    const label = (await object(cache, 'hello')).split('/').at(-1) ?? ''
    await repacked((at) => change(at, label))
    const failure = await importBundle(archive, { cache: other(), pinsDir, emit }).catch((e: unknown) => e)
    expect(failure).toMatchObject({ errors: [{ problem: { code: 'Q2006', data: { name: expect.stringContaining(label) } } }] })
    await nothingTaken()
  })

  const refused = async (reason: RegExp | string) => {
    const failure = await importBundle(archive, { cache: other(), pinsDir, emit }).catch((e: unknown) => e)
    expect(failure).toMatchObject({ problem: { code: 'Q2008', data: { reason: expect.stringMatching(reason) } } })
    await nothingTaken()
  }

  it('of an archive that was cut short', async () => {
    const { sizeBytes } = await exportBundle(archive, { cache, pinsDir, emit })
    await truncate(archive, Math.floor(sizeBytes * 0.6))
    await refused('the archive ends too early')
  })

  it('of other files', async () => {
    await refused('there is no such file')
    await writeFile(archive, 'something'.repeat(1000))
    await refused('not a tar archive')
    execFileSync('tar', ['-cf', archive, '-C', pinsDir, 'bundle.yaml'])
    await refused('it does not begin with quorate-bundle.json')
  })

  it('of names that lead out of it', async () => {
    await repacked((at) => writeFile(join(at, 'evil'), ''), ['--transform', 's,^evil$,objects/../../evil,', 'evil'])
    await refused(/the name "objects\/..\/..\/evil"/)
  })

  it('of names that lead through a link', async () => {
    const label = (await object(cache, 'hello')).split('/').at(-1) ?? ''
    const as = `s,^evil$,objects/${label}/away/evil,`
    await repacked(
      async (at) => {
        await symlink('/tmp', join(at, 'objects', label, 'away'))
        await writeFile(join(at, 'evil'), '')
      },
      ['--transform', as, 'evil'],
    )
    await refused(/leads through a link/)
  })

  it('of objects that its index does not list', async () => {
    await repacked((at) => mkdir(join(at, 'objects/more-1')))
    await refused(/objects\/more-1\/?" is not of an object/)
  })

  it('of an index whose paths lead elsewhere', async () => {
    await repacked(async (at) => {
      const path = join(at, 'quorate-bundle.json')
      await writeFile(path, (await readFile(path, 'utf8')).replace('objects/hello', '../../../bin/hello'))
    })
    await refused(/the path "\.\.\/\.\.\/\.\.\/bin\/hello/)
  })

  it('of a bundle of other pins', async () => {
    await exportBundle(archive, { cache, pinsDir, emit })
    await appendFile(join(pinsDir, 'hello/go.sum'), 'example.test/more v1.0.0 h1:x\n')
    await refused(/Kubernetes v1.0.0 for .*, pinned by another version of quorate/)
  })
})

describe('verify', () => {
  it('names every file that is not as it should be', async () => {
    expect(await verify(cache)).toEqual([])
    const rootfs = await object(cache, 'rootfs')
    await writeFile(join(rootfs, 'root/etc/os-release'), 'ID=some\n')
    await rm(join(rootfs, 'root/usr/bin/sh'))
    await symlink('/bin/sh', join(rootfs, 'root/link'))
    const problems = await verify(cache)
    expect(problems.map((p) => String(p.data.name).replace(/^rootfs-[0-9a-f]+/, 'rootfs'))).toEqual([
      'rootfs/root/etc/os-release',
      'rootfs/root/link',
      'rootfs/root/usr/bin/sh',
    ])
  })

  it('is not content with a list that fits a changed file', async () => {
    const hello = await object(cache, 'hello')
    await writeFile(join(hello, 'greet'), 'other')
    await writeFile(join(hello, 'manifest.json'), '[]')
    expect(await verify(cache)).toMatchObject([{ code: 'Q2006', data: { name: expect.stringMatching(/^hello-.*manifest.json$/) } }])
  })
})

describe('list', () => {
  it('says what is there', async () => {
    const rows = await listBundle(cache, pinsDir)
    expect(rows.map(({ name, kind, source, present }) => [name, kind, source, present])).toEqual([
      ['greet', 'program', 'modules', true],
      ['registry.example/greet', 'image', 'quorate', true],
      ['rootfs', 'tree', 'debian', true],
      ['layer', 'tree', 'quorate', true],
      ['store', 'tree', 'quorate', true],
    ])
    expect(rows[0]).toMatchObject({ version: '1.0.0', sizeBytes: 21, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) })
  })

  it('says what is missing', async () => {
    expect((await listBundle(other(), pinsDir)).map((row) => row.present)).toEqual([false, false, false, false, false])
  })
})
