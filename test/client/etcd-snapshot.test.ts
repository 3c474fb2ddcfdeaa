import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { EtcdClient } from '../../src/client/etcd.js'
import { loopbackDial } from './support/dial.js'

const cleanup: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo()
})

/** A gateway that streams `content` with its sum in chunks of a size of the caller's, and may spoil it on the way. */
const gateway = async (content: Buffer, chunk: number, spoil: (file: Buffer) => Buffer = (file) => file): Promise<EtcdClient> => {
  const file = Buffer.concat([content, createHash('sha256').update(content).digest()])
  const sent = spoil(file)
  const server = createServer((_, response) => {
    for (let at = 0; at < sent.length; at += chunk) {
      const blob = sent.subarray(at, at + chunk)
      response.write(
        `${JSON.stringify({ result: { remaining_bytes: String(Math.max(0, file.length - at - blob.length)), blob: blob.toString('base64') } })}\n`,
      )
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new EtcdClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, dial: loopbackDial() })
  cleanup.push(
    () => client.close(),
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return client
}

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'quorate-snapshot-'))
  cleanup.push(() => rm(path, { recursive: true }))
  return path
}

it.each([1, 31, 32, 33, 500, 4096, 100_000])('checks the sum however the stream is cut (%i bytes a message)', async (chunk) => {
  const content = randomBytes(chunk < 32 ? 512 : 8192)
  const directory = await folder()
  const result = await (await gateway(content, chunk)).snapshot(join(directory, 's.db'))
  expect(result).toMatchObject({ bytes: content.length + 32, sha256: createHash('sha256').update(content).digest('hex') })
})

it.each<[string, (file: Buffer) => Buffer]>([
  [
    'a flipped bit in the content',
    (file) => Buffer.concat([file.subarray(0, 100), Buffer.from([(file[100] ?? 0) ^ 1]), file.subarray(101)]),
  ],
  ['a flipped bit in the sum', (file) => Buffer.concat([file.subarray(0, -1), Buffer.from([(file.at(-1) ?? 0) ^ 1])])],
  ['a stream that ends early', (file) => file.subarray(0, 4096)],
  ['a stream without its sum', (file) => file.subarray(0, -32)],
  ['an empty stream', () => Buffer.alloc(0)],
])('refuses %s and leaves nothing', async (_, spoil) => {
  const directory = await folder()
  const path = join(directory, 's.db')
  await expect((await gateway(randomBytes(8192), 1000, spoil)).snapshot(path)).rejects.toMatchObject({ problem: { code: 'Q7522' } })
  expect(existsSync(path)).toBe(false)
  expect(await readdir(directory)).toEqual([])
})
