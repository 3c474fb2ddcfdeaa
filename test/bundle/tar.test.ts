import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTar } from '../../src/bundle/tar-read.js'
import { tarEnd, tarHeader, tarPadding } from '../../src/bundle/tar-write.js'

interface Seen {
  path: string
  type: string
  mode: number
  body: string
}

const archive = (files: readonly { path: string; mode: number; body: Uint8Array }[]): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ path, mode, body }) => [tarHeader(path, body.length, mode, '0'), Buffer.from(body), tarPadding(body.length)]),
    tarEnd(),
  ])

/** The bytes in pieces of one size, as a network would bring them. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = async (bytes: Buffer, size = bytes.length, skip = false): Promise<Seen[]> => {
  const all: Seen[] = []
  for await (const { path, type, mode, body } of readTar(pieces(bytes, Math.max(1, size)))) {
    const parts: Buffer[] = []
    if (!skip) for await (const part of body) parts.push(part)
    all.push({ path, type, mode, body: Buffer.concat(parts).toString('hex') })
  }
  return all
}

const file = fc.record({
  path: fc.stringMatching(/^[a-z0-9._-]{1,20}(\/[a-zäß0-9._-]{1,20}){0,3}$/).filter((p) => Buffer.byteLength(p) <= 100),
  mode: fc.constantFrom(0o644, 0o755, 0o600),
  body: fc.uint8Array({ maxLength: 2000 }),
})

describe('tar', () => {
  it('gives back what was written, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 6 }), fc.integer({ min: 1, max: 3000 }), async (files, size) => {
        const expected = files.map(({ path, mode, body }) => ({ path, mode, type: '0', body: Buffer.from(body).toString('hex') }))
        expect(await read(archive(files), size)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('skips bodies that nobody reads', async () => {
    const files = [1, 2, 3].map((n) => ({ path: `f${n}`, mode: 0o644, body: Buffer.alloc(700 * n, n) }))
    expect((await read(archive(files), 333, true)).map((f) => f.path)).toEqual(['f1', 'f2', 'f3'])
  })

  it('never takes a part of an archive for the whole', async () => {
    const whole = archive([{ path: 'a', mode: 0o644, body: Buffer.alloc(1000, 1) }])
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1025 }), async (cut) => {
        await expect(read(whole.subarray(0, cut))).rejects.toThrow('the archive ends too early')
      }),
    )
  })

  it('refuses what is no archive', async () => {
    await expect(read(Buffer.alloc(4096, 'quorate'))).rejects.toThrow('not a tar archive')
    const damaged = archive([{ path: 'a', mode: 0o644, body: Buffer.alloc(10) }])
    damaged[3] = 65
    await expect(read(damaged)).rejects.toThrow('not a tar archive')
  })

  it.each(['gnu', 'posix', 'ustar'])('reads what GNU tar writes as %s', async (format) => {
    const dir = await mkdtemp(join(tmpdir(), 'quorate-tar-'))
    try {
      const long = `${'deep/'.repeat(24)}${format === 'ustar' ? 'n'.repeat(60) : 'n'.repeat(180)}`
      await mkdir(join(dir, long, '..'), { recursive: true })
      await writeFile(join(dir, long), 'long')
      await writeFile(join(dir, 'tool'), 'x', { mode: 0o755 })
      await symlink('tool', join(dir, 'link'))
      const bytes = execFileSync('tar', [`--format=${format}`, '-cf', '-', '-C', dir, 'link', long, 'tool'])
      expect((await read(bytes, 1000)).map(({ path, type, body }) => [path, type, Buffer.from(body, 'hex').toString()])).toEqual([
        ['link', '2', ''],
        [long, '0', 'long'],
        ['tool', '0', 'x'],
      ])
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })
})
