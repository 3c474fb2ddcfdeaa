import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProcess } from '../../src/machine/process.js'
import { besideOf, packFiles, unpackScript } from '../../src/machine/write-files.js'

describe('files on their way', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'q-write-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  // The script's own text comes from the command line here; on a machine it comes before the files on standard input.
  const unpack = async (stdin: Buffer): Promise<string[]> => {
    const { stdout } = await runProcess(['sh', '-c', unpackScript], { stdin })
    return stdout.split('\n').filter(Boolean)
  }
  /** What it writes belongs to root. */
  const asRoot = it.skipIf(process.getuid?.() !== 0)

  it('have a header each and an end, so that nothing in a content can be taken for either', () => {
    expect(packFiles([{ path: '/a b', content: '600 3 /x\nend\n', mode: 0o600 }]).toString()).toBe('600 13 /a b\n600 3 /x\nend\nend\n')
    expect(packFiles([]).toString()).toBe('end\n')
  })

  it('are refused with a path that could pass for two, or is relative', () => {
    for (const path of ['/a\n600 1 /b', 'a', '/a\r', '/a/', '/', ''])
      expect(() => packFiles([{ path, content: '' }])).toThrow(/absolute path/)
  })

  asRoot('arrive as they were sent, whatever is in them', { timeout: 60_000 }, async () => {
    const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme' }))
    const name = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '*', '\\', 'ü', '-', '%'), minLength: 1, maxLength: 9 })
    const files = fc.uniqueArray(fc.record({ name, content, mode: fc.constantFrom(0o600, 0o644, 0o755, 0o400) }), {
      selector: (f) => f.name,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(files, async (some) => {
        const specs = some.map((f) => ({ path: `${dir}/x/${f.name}`, content: f.content, mode: f.mode }))
        expect(await unpack(packFiles(specs))).toEqual(specs.map((f) => f.path))
        for (const f of specs) {
          expect(readFileSync(f.path).equals(Buffer.from(f.content as string))).toBe(true)
          expect(statSync(f.path).mode & 0o7777).toBe(f.mode)
        }
        expect(await unpack(packFiles(specs))).toEqual([])
        rmSync(`${dir}/x`, { recursive: true, force: true })
      }),
      { numRuns: 25 },
    )
  })

  it('wait under a name that the kubelet does not take for a manifest', () => {
    expect(besideOf('/etc/kubernetes/manifests/etcd.yaml', 'quorate-new')).toBe('/etc/kubernetes/manifests/.etcd.yaml.quorate-new')
  })

  asRoot('get the mode and the owner they should have, and take the place of a link without following it', async () => {
    const [path, target] = [join(dir, 'deep', 'er', 'file'), join(dir, 'target')]
    const spec = { path, content: 'x', mode: 0o600 }
    await unpack(packFiles([spec]))
    chmodSync(path, 0o644)
    expect(await unpack(packFiles([spec]))).toEqual([path])
    chownSync(path, 1, 1)
    expect(await unpack(packFiles([spec]))).toEqual([path])
    writeFileSync(target, 'x', { mode: 0o600 })
    rmSync(path)
    symlinkSync(target, path)
    expect(await unpack(packFiles([spec, { path: target, content: 'y' }]))).toEqual([path, target])
    expect(lstatSync(path)).toMatchObject({ uid: 0, gid: 0, mode: 0o100600 })
    expect(readFileSync(path, 'utf8')).toBe('x')
  })

  asRoot('say what stood in the way, and leave what was to be written later as it was', async () => {
    const [first, later] = [join(dir, 'first'), join(dir, 'later')]
    mkdirSync(join(dir, 'folder', 'full'), { recursive: true })
    writeFileSync(later, 'old')
    const packed = packFiles([first, join(dir, 'folder'), later].map((path) => ({ path, content: 'new' })))
    const result = await runProcess(['sh', '-c', unpackScript], { stdin: packed, allowFailure: true })
    expect(result).toMatchObject({ exit: 1, stdout: '', stderr: `${join(dir, 'folder')}: Is a directory\n` })
    expect(readFileSync(later, 'utf8')).toBe('old')
    expect(readdirSync(dir).sort()).toEqual(['first', 'folder', 'later'])
  })

  asRoot('leave everything as it was when the stream ends early, wherever that is', { timeout: 60_000 }, async () => {
    const path = join(dir, 'kept')
    writeFileSync(path, 'old')
    const packed = packFiles([
      { path, content: 'new' },
      { path: join(dir, 'more'), content: 'x'.repeat(40) },
    ])
    for (const length of [0, 3, packed.length - 60, packed.length - 20, packed.length - 5, packed.length - 1]) {
      const result = await runProcess(['sh', '-c', unpackScript], { stdin: packed.subarray(0, length), allowFailure: true })
      expect(result.exit, `${length} of ${packed.length} bytes`).not.toBe(0)
      expect(result.stdout).toBe('')
      expect(readFileSync(path, 'utf8')).toBe('old')
      expect(readdirSync(dir)).toEqual(['kept'])
    }
  })
})
