import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeImage } from '../../src/bundle/oci-image.js'
import { digestOf } from './release-server.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-image-'))
  await writeFile(join(dir, 'tool'), 'the program')
  await writeFile(join(dir, 'library'), 'a library')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const make = async (name: string) => {
  const archive = join(dir, name)
  const digest = await writeImage(archive, {
    reference: 'registry.example/tool:1.0',
    files: [
      { path: '/usr/bin/tool', source: join(dir, 'tool'), mode: 0o755 },
      { path: '/lib/library', source: join(dir, 'library'), mode: 0o644 },
    ],
    entrypoint: ['/usr/bin/tool'],
    user: '65535:65535',
  })
  const inside = (path: string): Buffer => execFileSync('tar', ['-xOf', archive, path])
  return { archive, digest, inside, json: (path: string) => JSON.parse(inside(path).toString()) }
}

/** A descriptor of the OCI image specification: content is where its digest says, and as long as it says. */
const checked = (inside: (path: string) => Buffer, { digest, size }: { digest: string; size: number }): Buffer => {
  const content = inside(`blobs/sha256/${digest.replace('sha256:', '')}`)
  expect(`sha256:${digestOf(content)}`).toBe(digest)
  expect(content.length).toBe(size)
  return content
}

describe('writeImage', () => {
  it('writes an image layout in which every digest is right', async () => {
    const { digest, inside, json } = await make('a.tar')
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    const [entry] = json('index.json').manifests
    expect(entry).toMatchObject({ digest, annotations: { 'io.containerd.image.name': 'registry.example/tool:1.0' } })
    const manifest = JSON.parse(checked(inside, entry).toString())
    const config = JSON.parse(checked(inside, manifest.config).toString())
    const layer = checked(inside, manifest.layers[0])
    expect(config).toMatchObject({ os: 'linux', config: { Entrypoint: ['/usr/bin/tool'], User: '65535:65535' } })
    expect(config.rootfs.diff_ids).toEqual([`sha256:${digestOf(layer)}`])
    expect(json('manifest.json')).toEqual([
      {
        Config: `blobs/${manifest.config.digest.replace(':', '/')}`,
        RepoTags: ['registry.example/tool:1.0'],
        Layers: [`blobs/${manifest.layers[0].digest.replace(':', '/')}`],
      },
    ])
  })

  it('writes a layer that tar unpacks: parents first, modes kept', async () => {
    const { inside, json } = await make('a.tar')
    const manifest = json(`blobs/${json('index.json').manifests[0].digest.replace(':', '/')}`)
    const layer = inside(`blobs/${manifest.layers[0].digest.replace(':', '/')}`)
    const names = execFileSync('tar', ['-tf', '-'], { input: layer }).toString().trim().split('\n')
    expect(names).toEqual(['lib/', 'usr/', 'usr/bin/', 'lib/library', 'usr/bin/tool'])
    execFileSync('tar', ['-xf', '-', '-C', dir], { input: layer })
    expect(await readFile(join(dir, 'usr/bin/tool'), 'utf8')).toBe('the program')
    expect((await stat(join(dir, 'usr/bin/tool'))).mode & 0o777).toBe(0o755)
    expect((await stat(join(dir, 'lib/library'))).mode & 0o777).toBe(0o644)
  })

  it('gives the same bytes for the same files', async () => {
    const [a, b] = [await make('a.tar'), await make('b.tar')]
    expect(b.digest).toBe(a.digest)
    expect(digestOf(await readFile(b.archive))).toBe(digestOf(await readFile(a.archive)))
  })
})
