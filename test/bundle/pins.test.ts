import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pinsDir, readPins, select } from '../../src/bundle/pins.js'
import { parseReference } from '../../src/bundle/registry.js'
import { digestInList, filled, mirrored } from '../../src/bundle/release-url.js'

const pins = await readPins()
const built = pins.modules.flatMap((m) => m.programs.map((p) => p.as))

describe('the pins', () => {
  it('name each program once, and both sources bring the same ones', () => {
    expect(new Set(built).size).toBe(built.length)
    expect(pins.releases.flatMap((r) => r.programs).sort()).toEqual([...built].sort())
  })

  it('bring all that is installed and all that is in images', () => {
    for (const wanted of [{ metallb: false }, { metallb: true }]) {
      const { modules, releases, images, install } = select(pins, wanted)
      const needed = [...Object.values(install).flat(), ...images.flatMap((i) => [i.program, ...(i.also ?? [])])].filter(
        (p) => p !== 'pause',
      )
      const fromModules = modules.flatMap((m) => m.programs.map((p) => p.as))
      const fromReleases = releases.flatMap((r) => r.programs)
      for (const program of needed) {
        expect(fromModules).toContain(program)
        expect(fromReleases).toContain(program)
      }
    }
  })

  it('leave out what nobody asked for', () => {
    const { modules, images } = select(pins, { metallb: false })
    expect(JSON.stringify([modules, images])).not.toContain('metallb')
    expect(select(pins, { metallb: true }).images.length).toBe(images.length + 2)
  })

  it('give each module its go.mod with the tools and versions that they name, and a go.sum', async () => {
    for (const { module, programs } of pins.modules) {
      const text = await readFile(join(pinsDir, module, 'go.mod'), 'utf8')
      expect(existsSync(join(pinsDir, module, 'go.sum'))).toBe(true)
      const required = [...text.matchAll(/^\s*(?:require )?(\S+) v(\S+)/gm)].map(([, path = '', version = '']) => ({ path, version }))
      for (const { tool, as, version, of: owner } of programs) {
        const named = owner ?? tool
        expect(text).toMatch(new RegExp(`^\\s*(tool )?${named.replaceAll('.', '\\.')}$`, 'm'))
        const of = required
          .filter((r) => named === r.path || named.startsWith(`${r.path}/`))
          .sort((a, b) => b.path.length - a.path.length)[0]
        // agnhost counts its versions by itself.
        if (as !== 'agnhost') expect([as, of?.version.replace('+incompatible', '')]).toEqual([as, version])
      }
    }
  })

  it('write the version of a release into its address', () => {
    const versions = Object.fromEntries(pins.modules.flatMap((m) => m.programs.map((p) => [p.as, p.version])))
    for (const { programs, url, image } of pins.releases) for (const program of programs) expect(url ?? image).toContain(versions[program])
    for (const { url, checksum, sha256 } of pins.releases.filter((r) => r.url)) {
      expect(url).toMatch(/^https:\/\//)
      expect(checksum ?? JSON.stringify(sha256)).toMatch(/^https:\/\/|[0-9a-f]{64}/)
    }
  })

  it('ask for the version of Kubernetes in every image of it', () => {
    const own = pins.images.filter((i) => /^registry.k8s.io\/kube-/.test(i.reference))
    expect(own).toHaveLength(4)
    for (const { reference } of own) expect(reference.endsWith(`:${pins.kubernetesVersion}`)).toBe(true)
  })
})

describe('addresses of releases', () => {
  it('are filled and mirrored', () => {
    const arch = process.arch === 'x64' ? 'amd64' : process.arch
    expect(filled('https://x.example/{arch}/{program}.{arch}', 'etcd')).toBe(`https://x.example/${arch}/etcd.${arch}`)
    expect(mirrored('https://x.example/a', undefined)).toBe('https://x.example/a')
    expect(mirrored('https://x.example/a', 'http://127.0.0.1:1/m//')).toBe('http://127.0.0.1:1/m/x.example/a')
  })

  it.each([
    ['a lone digest', `${'a'.repeat(64)}\n`, 'a'],
    ['two columns', `${'b'.repeat(64)}  other\n${'a'.repeat(64)}  tool\n`, 'a'],
    ['binary marks and folders', `${'A'.repeat(64)} *./bin/tool\n`, 'a'],
    ['another file only', `${'b'.repeat(64)}  tool.sig\n`, undefined],
    ['two lone digests', `${'a'.repeat(64)}\n${'b'.repeat(64)}\n`, undefined],
    ['something else', 'not found', undefined],
  ])('find a digest in a list: %s', (_, list, digit) => {
    expect(digestInList(list, 'tool')).toBe(digit?.repeat(64))
  })

  it('take references of images apart', () => {
    expect(parseReference('registry.k8s.io/e2e-test-images/agnhost:2.63.0')).toEqual({
      host: 'registry.k8s.io',
      name: 'e2e-test-images/agnhost',
      tag: '2.63.0',
    })
    expect(() => parseReference('agnhost')).toThrow('not an image reference')
  })
})
