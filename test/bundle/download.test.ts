import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { download } from '../../src/bundle/download.js'
import { digestOf, releaseServer, type Trouble } from './release-server.js'

const content = randomBytes(300_000)
const quick = { stallMs: 300, attempts: 3, pauseMs: 1 }

let dir: string
let server: Awaited<ReturnType<typeof releaseServer>>
const serve = async (trouble?: Trouble) => {
  server = await releaseServer({ '/tool': content }, trouble)
}
const get = (more: object = {}) =>
  download({ url: `${server.url}/tool`, name: 'tool', sha256: digestOf(content), to: join(dir, 'tool'), patience: quick, ...more })

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-download-'))
})
afterEach(async () => {
  await server.close()
  await rm(dir, { recursive: true, force: true })
})

describe('download', () => {
  it('gives the file, tells its bytes and leaves no part', async () => {
    await serve()
    const told: [number, number][] = []
    await get({ onBytes: (done: number, total: number) => told.push([done, total]) })
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
    expect(told[0]).toEqual([0, content.length])
    expect(told.at(-1)).toEqual([content.length, content.length])
    expect(await readdir(dir)).toEqual(['tool'])
  })

  it('goes on where the connection broke', async () => {
    let n = 0
    await serve((_, response, file) => {
      if (n++ > 0 || !file) return false
      response.writeHead(200, { 'content-length': file.length })
      response.write(file.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
      return true
    })
    await get()
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
    expect(server.asked.map((a) => a.range)).toEqual([undefined, 'bytes=100000-'])
  })

  it('goes on in the next run', async () => {
    await serve()
    await writeFile(join(dir, 'tool.part'), content.subarray(0, 123_456))
    await get()
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
    expect(server.asked.map((a) => a.range)).toEqual(['bytes=123456-'])
  })

  it('takes a part that is complete already', async () => {
    await serve()
    await writeFile(join(dir, 'tool.part'), content)
    await get()
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
  })

  it('takes what a killed run had finished', async () => {
    await serve()
    await writeFile(join(dir, 'tool'), content)
    await get()
    expect(server.asked).toEqual([])
  })

  it('starts again when the part is of another file', async () => {
    await serve()
    await writeFile(join(dir, 'tool.part'), randomBytes(1000))
    await get()
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
    expect(server.asked.map((a) => a.range)).toEqual(['bytes=1000-', undefined])
  })

  it('starts again at a server without ranges', async () => {
    await serve((_, response, file) => {
      response.writeHead(200, { 'content-length': file?.length }).end(file)
      return true
    })
    await writeFile(join(dir, 'tool.part'), content.subarray(0, 1000))
    await get()
    expect(digestOf(await readFile(join(dir, 'tool')))).toBe(digestOf(content))
    expect(server.asked).toHaveLength(1)
  })

  it('refuses other content, naming both digests, and keeps nothing of it', async () => {
    await serve()
    const wrong = digestOf('something else')
    const failure = await get({ sha256: wrong }).catch((e: unknown) => e)
    expect(failure).toMatchObject({
      problem: { code: 'Q2006', data: { found: `sha256:${digestOf(content)}`, expected: `sha256:${wrong}` } },
    })
    expect(await readdir(dir)).toEqual([])
  })

  it('gives up on short answers, keeping what arrived', async () => {
    await serve((_, response, file) => {
      response.writeHead(200, { 'content-length': (file?.length ?? 0) + 10 })
      response.write(file, () => setTimeout(() => response.destroy(), 20))
      return true
    })
    await expect(get()).rejects.toMatchObject({ problem: { code: 'Q2007' } })
    // The first attempt brought something, so it does not count; then as many as allowed.
    expect(server.asked).toHaveLength(quick.attempts)
    expect(await readdir(dir)).toEqual(['tool.part'])
  })

  it('asks once for what is not there', async () => {
    await serve()
    const failure = get({ url: `${server.url}/other` })
    await expect(failure).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: 'the server answers 404' } } })
    expect(server.asked).toHaveLength(1)
  })

  it('asks again, a few times, when the server is busy', async () => {
    await serve((_, response) => {
      response.writeHead(503).end()
      return true
    })
    await expect(get()).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: 'the server answers 503' } } })
    expect(server.asked).toHaveLength(quick.attempts)
  })

  it('leaves a server that stalls', async () => {
    await serve((_, response, file) => {
      response.writeHead(200, { 'content-length': file?.length })
      response.flushHeaders()
      return true
    })
    const failure = get({ patience: { stallMs: 100, attempts: 2, pauseMs: 1 } })
    await expect(failure).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: 'nothing came for 0.1 s' } } })
    expect(server.asked).toHaveLength(2)
  })

  it('says what is wrong when nobody listens', async () => {
    await serve()
    await server.close()
    await expect(get()).rejects.toMatchObject({ problem: { code: 'Q2007', data: { reason: expect.stringContaining('ECONNREFUSED') } } })
  })

  it('stops at once when it is told to', async () => {
    await serve(() => true)
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(get({ signal: stop.signal, patience: { ...quick, stallMs: 60_000 } })).rejects.toThrow('enough')
  })
})
