import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cache, openCache } from '../../src/bundle/cache.js'
import { keyOf } from '../../src/bundle/digest.js'
import { digestsOfObjects, readyKey, writeReady } from '../../src/bundle/ready.js'

/** A folder of pins with one module of one program, which needs nothing from anywhere. */
export const tinyPins = async (dir: string, source = 'package main\n\nfunc main() { println("hello") }\n'): Promise<string> => {
  await mkdir(join(dir, 'hello'), { recursive: true })
  await writeFile(join(dir, 'hello/go.mod'), 'module example.test/hello\n\ngo 1.21\n')
  await writeFile(join(dir, 'hello/go.sum'), '')
  await writeFile(join(dir, 'hello/main.go'), source)
  const pins = {
    kubernetesVersion: 'v1.0.0',
    modules: [
      { name: 'hello', module: 'hello', programs: [{ tool: 'example.test/hello', as: 'greet', output: 'hello', version: '1.0.0' }] },
    ],
    releases: [{ name: 'hello', url: 'https://dl.example/{arch}/{program}', checksum: 'https://dl.example/SUMS', programs: ['greet'] }],
    install: { '/usr/local/bin': ['greet'] },
    images: [{ reference: 'registry.example/greet:1.0.0', program: 'greet', path: '/greet' }],
    debian: { suite: 'none', packages: [], disable: [], mask: [] },
  }
  await writeFile(join(dir, 'bundle.yaml'), JSON.stringify(pins))
  return dir
}

/** A finished bundle for these pins, of small files, as `ensureBundle` leaves it. */
export const tinyBundle = async (root: string, pinsDir: string): Promise<Cache> => {
  const cache = openCache(root)
  const put = (name: string, files: Record<string, string>): Promise<string> =>
    cache.produce(`${name}-${keyOf(name)}`, async (dir) => {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(dir, path, '..'), { recursive: true })
        await writeFile(join(dir, path), text, { mode: 0o755 })
      }
    })
  const programs = await put('hello', { greet: '#!/bin/sh\necho hello\n' })
  const rootfs = await put('rootfs', { 'root/etc/os-release': 'ID=none\n', 'root/usr/bin/sh': 'sh' })
  const layer = await put('layer', {
    'root/usr/local/bin/greet': '#!/bin/sh\necho hello\n',
    'root/usr/local/share/quorate/empty-etcd.db': 'db',
  })
  const images = await put('images', { 'greet.tar': 'an image' })
  const store = await put('store', { 'root/meta.db': 'meta' })
  const labels = [programs, rootfs, layer, images, store].map((path) => path.split('/').at(-1) ?? '')
  await writeReady(root, await readyKey({ metallb: false }, pinsDir), {
    kubernetesVersion: 'v1.0.0',
    source: 'modules',
    rootfs: join(rootfs, 'root'),
    layer: join(layer, 'root'),
    binaries: { greet: join(programs, 'greet') },
    images: [{ reference: 'registry.example/greet:1.0.0', archive: join(images, 'greet.tar'), digest: 'sha256:0' }],
    containerd: join(store, 'root'),
    emptyEtcdSnapshot: join(layer, 'root/usr/local/share/quorate/empty-etcd.db'),
    digest: keyOf(labels),
    objects: await digestsOfObjects(root, labels),
  })
  return cache
}
