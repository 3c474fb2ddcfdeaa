import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCache } from '../../src/bundle/cache.js'
import { type BundleOptions, ensureBundle } from '../../src/bundle/ensure.js'
import { ensureHostPackages, missingPackages } from '../../src/bundle/host-packages.js'
import { asDiskFull, requireSpace } from '../../src/bundle/space.js'
import { fault } from '../../src/model/problem.js'
import { tinyBundle, tinyPins } from './tiny.js'

let dir: string
let pinsDir: string
const path = process.env.PATH
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-ensure-'))
  pinsDir = await tinyPins(join(dir, 'pins'))
})
afterEach(async () => {
  process.env.PATH = path
  await rm(dir, { recursive: true, force: true })
})

const ensure = (more: Partial<BundleOptions> = {}) =>
  ensureBundle({
    kubernetesVersion: 'v1.0.0',
    source: 'modules',
    emit: () => undefined,
    cache: openCache(join(dir, 'cache')),
    pinsDir,
    ...more,
  })

describe('ensureBundle', () => {
  it('refuses a version that it does not hold, before it does anything', async () => {
    const failure = ensure({ kubernetesVersion: 'v1.99.0' })
    await expect(failure).rejects.toMatchObject({ problem: { code: 'Q2009', data: { have: 'v1.0.0', want: 'v1.99.0' } } })
    expect(await readdir(dir)).toEqual(['pins'])
  })

  it('refuses to build from modules without Go', async () => {
    process.env.PATH = join(dir, 'nothing')
    await expect(ensure()).rejects.toMatchObject({ problem: { code: 'Q2001' } })
  })

  it('refuses to begin without space', async () => {
    const failure = ensure({ source: 'releases', neededBytes: 2 ** 60 })
    await expect(failure).rejects.toMatchObject({
      problem: { code: 'Q2003', data: { where: expect.stringContaining(join(dir, 'cache')) } },
    })
  })

  it('finds what is ready in milliseconds, without Go, space or a word', async () => {
    await tinyBundle(join(dir, 'cache'), pinsDir)
    process.env.PATH = join(dir, 'nothing')
    const words: unknown[] = []
    await ensure()
    const startedMs = performance.now()
    const bundle = await ensure({ neededBytes: 2 ** 60, emit: (e) => words.push(e) })
    expect(performance.now() - startedMs).toBeLessThan(500)
    expect(bundle.kubernetesVersion).toBe('v1.0.0')
    expect(words).toEqual([])
  })

  it('does not take for ready what somebody removed a part of', async () => {
    const cache = await tinyBundle(join(dir, 'cache'), pinsDir)
    const [images = ''] = (await readdir(join(cache.root, 'objects'))).filter((label) => label.startsWith('images-'))
    await rm(join(cache.root, 'objects', images), { recursive: true })
    await expect(ensure({ neededBytes: 2 ** 60 })).rejects.toMatchObject({ problem: { code: 'Q2003' } })
  })
})

describe('a full disk', () => {
  it('is told as such, wherever it was met', async () => {
    await expect(requireSpace(dir, 1)).resolves.toBeUndefined()
    const ours = Object.assign(new Error('write'), { code: 'ENOSPC' })
    const theirs = fault('Q3001', { command: 'tar', exit: 2, stderr: 'tar: x: No space left on device' })
    for (const error of [ours, theirs]) expect(asDiskFull(error, 'x')).toMatchObject({ problem: { code: 'Q2003' }, cause: error })
    const other = fault('Q2002', { module: 'x', output: 'syntax error' })
    expect(asDiskFull(other, 'x')).toBe(other)
  })
})

describe('packages of this computer', () => {
  it('are found by their files', () => {
    expect(missingPackages(() => true)).toEqual([])
    expect(missingPackages((file) => file !== '/usr/bin/gcc' && file !== '/usr/sbin/ip')).toEqual(['gcc'])
    expect(missingPackages((file) => !/\/ip$/.test(file))).toEqual(['iproute2'])
  })

  it('are named when they cannot be installed', async () => {
    const failure = ensureHostPackages(() => undefined, ['mmdebstrap', 'gcc'], 1000)
    await expect(failure).rejects.toMatchObject({ problem: { code: 'Q2004', data: { packages: 'mmdebstrap gcc' } } })
  })

  it('are not spoken of when all are there', async () => {
    await expect(ensureHostPackages(() => expect.unreachable(), [], 1000)).resolves.toBeUndefined()
  })
})
