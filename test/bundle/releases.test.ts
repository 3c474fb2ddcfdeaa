import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCache } from '../../src/bundle/cache.js'
import { programsFromReleases } from '../../src/bundle/from-releases.js'
import { goArch, type ReleasePin } from '../../src/bundle/pins.js'
import { tarEnd, tarHeader, tarPadding } from '../../src/bundle/tar-write.js'
import type { EventBody } from '../../src/model/event.js'
import { digestOf, releaseServer, type Trouble } from './release-server.js'

const arch = goArch()
const program = (name: string) => Buffer.from(`#!/bin/sh\necho ${name}\n`.repeat(200))

const tar = (files: Record<string, Buffer>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([path, body]) => [tarHeader(path, body.length, 0o755, '0'), body, tarPadding(body.length)]),
    tarEnd(),
  ])

const plain: ReleasePin = {
  name: 'kube',
  url: 'https://dl.example/bin/{arch}/{program}',
  checksum: 'https://dl.example/bin/{arch}/{program}.sha256',
  programs: ['kubelet', 'kubectl'],
}
const archived: ReleasePin = {
  name: 'etcd',
  url: 'https://hub.example/etcd-{arch}.tar.gz',
  checksum: 'https://hub.example/SHA256SUMS',
  unpack: 'etcd-{arch}/{program}',
  programs: ['etcd', 'etcdctl'],
}
const imaged: ReleasePin = { name: 'agnhost', image: 'registry.example/test/agnhost:1.0', unpack: 'agnhost', programs: ['agnhost'] }

const etcdArchive = gzipSync(
  tar({
    [`etcd-${arch}/README`]: Buffer.from('x'),
    [`etcd-${arch}/etcd`]: program('etcd'),
    [`./etcd-${arch}/etcdctl`]: program('etcdctl'),
  }),
)
const base = gzipSync(tar({ 'etc/passwd': Buffer.from('root'), agnhost: Buffer.from('an older one') }))
const top = gzipSync(tar({ agnhost: program('agnhost') }))
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const manifest = json({ layers: [base, top].map((l) => ({ digest: `sha256:${digestOf(l)}`, size: l.length })) })
const index = json({
  manifests: [
    { digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'linux', architecture: 'none' } },
    { digest: `sha256:${digestOf(manifest)}`, platform: { os: 'linux', architecture: arch } },
  ],
})

const kube = '/mirror/dl.example/bin'
const image = '/mirror/registry.example/v2/test/agnhost'
const files: Record<string, Buffer> = {
  [`${kube}/${arch}/kubelet`]: program('kubelet'),
  [`${kube}/${arch}/kubelet.sha256`]: Buffer.from(digestOf(program('kubelet'))),
  [`${kube}/${arch}/kubectl`]: program('kubectl'),
  [`${kube}/${arch}/kubectl.sha256`]: Buffer.from(`${digestOf(program('kubectl'))}\n`),
  [`/mirror/hub.example/etcd-${arch}.tar.gz`]: etcdArchive,
  '/mirror/hub.example/SHA256SUMS': Buffer.from(
    `${'1'.repeat(64)}  etcd-other.zip\n${digestOf(etcdArchive).toUpperCase()} *./etcd-${arch}.tar.gz\n`,
  ),
  [`${image}/manifests/1.0`]: index,
  [`${image}/manifests/sha256:${digestOf(manifest)}`]: manifest,
  [`${image}/blobs/sha256:${digestOf(base)}`]: base,
  [`${image}/blobs/sha256:${digestOf(top)}`]: top,
}

let root: string
let server: Awaited<ReturnType<typeof releaseServer>>
const events: EventBody[] = []
const serve = async (changed: Record<string, Buffer> = {}, trouble?: Trouble) => {
  server = await releaseServer({ ...files, ...changed }, trouble)
  process.env.QUORATE_RELEASES_URL = `${server.url}/mirror/`
}
const fetchAll = (...pins: ReleasePin[]) =>
  programsFromReleases(openCache(root), pins, (e) => events.push(e), { patience: { stallMs: 5000, attempts: 2, pauseMs: 1 } })

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorate-releases-'))
  events.length = 0
})
afterEach(async () => {
  delete process.env.QUORATE_RELEASES_URL
  await server.close()
  await rm(root, { recursive: true, force: true })
})

describe('programs from releases', () => {
  it('come as files, out of archives and out of images, and are not fetched twice', async () => {
    await serve()
    const programs = await fetchAll(plain, archived, imaged)
    expect(Object.keys(programs).sort()).toEqual(['agnhost', 'etcd', 'etcdctl', 'kubectl', 'kubelet'])
    for (const [name, path] of Object.entries(programs)) {
      expect(await readFile(path)).toEqual(program(name))
      expect((await stat(path)).mode & 0o777).toBe(0o755)
    }
    expect(await readdir(join(root, 'downloads'))).toEqual([])
    // The last layer has it, so the first is not fetched.
    expect(server.asked.map((a) => a.path)).not.toContain(`${image}/blobs/sha256:${digestOf(base)}`)
    const asked = server.asked.length
    expect(await fetchAll(plain, archived, imaged)).toEqual(programs)
    expect(server.asked).toHaveLength(asked)
  })

  it('are counted in bytes to the end', async () => {
    await serve()
    await fetchAll(plain, archived)
    const amounts = events.filter((e) => e.type === 'step.progress')
    const all = 2 * program('kubelet').length + etcdArchive.length
    expect(amounts.at(-1)).toMatchObject({ done: all, total: all, unit: 'bytes' })
    // All sizes are asked for before anything is downloaded, so the end does not move.
    expect(new Set(amounts.slice(4).map((a) => a.total))).toEqual(new Set([all]))
  })

  it('are refused when the digest is another, naming both', async () => {
    await serve({ [`${kube}/${arch}/kubectl`]: Buffer.from('something else') })
    await expect(fetchAll(plain)).rejects.toMatchObject({
      problem: {
        code: 'Q2006',
        data: { expected: `sha256:${digestOf(program('kubectl'))}`, found: `sha256:${digestOf('something else')}` },
      },
    })
    expect(await readdir(join(root, 'objects')).catch(() => [])).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'step.failed', problem: { code: 'Q2006' } })
  })

  it('are believed by a pinned digest more than by a published one', async () => {
    await serve()
    const pinned = { ...archived, sha256: { [arch]: '2'.repeat(64) } }
    await expect(fetchAll(pinned)).rejects.toMatchObject({ problem: { code: 'Q2006', data: { expected: `sha256:${'2'.repeat(64)}` } } })
    expect(server.asked.map((a) => a.path)).not.toContain('/mirror/hub.example/SHA256SUMS')
  })

  it.each([
    [
      'a list without the file',
      { '/mirror/hub.example/SHA256SUMS': Buffer.from(`${'1'.repeat(64)}  other\n`) },
      /no digest of etcd-.*tar.gz/,
    ],
    ['a page instead of a list', { '/mirror/hub.example/SHA256SUMS': Buffer.from('<html>') }, /no digest of/],
  ])('fail with %s', async (_, changed, reason) => {
    await serve(changed)
    await expect(fetchAll(archived)).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: expect.stringMatching(reason) } } })
  })

  it('fail when the archive has them not', async () => {
    await serve()
    const failure = fetchAll({ ...archived, programs: ['etcd', 'etcdutl'] })
    await expect(failure).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: `no etcd-${arch}/etcdutl in it` } } })
  })

  it('fail when a manifest is not what its digest says', async () => {
    await serve({ [`${image}/manifests/sha256:${digestOf(manifest)}`]: json({ layers: [] }) })
    await expect(fetchAll(imaged)).rejects.toMatchObject({ problem: { code: 'Q2006' } })
  })

  it('come from a registry that wants an anonymous token', async () => {
    await serve({ '/token?service=s&scope=pull': json({ token: 'anyone' }) }, (request, response) => {
      if (!request.url?.startsWith(image) || request.headers.authorization === 'Bearer anyone') return false
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${server.url}/token",service="s",scope="pull"` }).end()
      return true
    })
    const { agnhost = '' } = await fetchAll(imaged)
    expect(await readFile(agnhost)).toEqual(program('agnhost'))
  })

  it('leave nothing behind that works on after a failure', async () => {
    const held: Promise<unknown>[] = []
    await serve({}, async (request, response) => {
      // The failure comes when others are under way.
      while (request.url?.includes('none') && held.length < 2) await new Promise((done) => setTimeout(done, 5))
      if (!request.url?.includes('kubelet')) return false
      held.push(once(response, 'close'))
      return true
    })
    await expect(fetchAll({ ...archived, checksum: 'https://hub.example/none' }, plain)).rejects.toMatchObject({
      problem: { data: { reason: 'the server answers 404' } },
    })
    // Requests without an answer are given up long before their own deadline, and not made again.
    await Promise.all(held)
    const asked = server.asked.length
    await new Promise((done) => setTimeout(done, 100))
    expect(server.asked).toHaveLength(asked)
  }, 4500)
})
