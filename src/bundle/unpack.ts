import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { readTar } from './tar-read.js'
import { writerOf } from './tar-write.js'

const normal = (path: string): string => path.replace(/^(\.?\/)+/, '')

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Buffer
}

/** The first two bytes of gzip (RFC 1952). */
const isGzip = async (path: string): Promise<boolean> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

/**
 * Writes files out of a tar archive, compressed by gzip or not: `wanted` gives the place on disk for each path inside. Gives the paths that were found;
 * nothing else of the archive is written, so its names can do no harm. Throws an Error when it is no archive or ends too early.
 */
export const unpackFiles = async (archive: string, wanted: ReadonlyMap<string, string>, signal?: AbortSignal): Promise<Set<string>> => {
  const found = new Set<string>()
  const take = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const entry of readTar(source)) {
      signal?.throwIfAborted()
      const path = normal(entry.path)
      const to = wanted.get(path)
      if (to === undefined || entry.type !== '0') continue
      const file = await open(to, 'w', 0o755)
      try {
        const write = writerOf(file)
        for await (const chunk of entry.body) await write(chunk)
      } finally {
        await file.close()
      }
      found.add(path)
      if (found.size === wanted.size) return
    }
  }
  if (await isGzip(archive)) await pipeline(bytesOf(archive), createGunzip(), take)
  else await take(bytesOf(archive))
  return found
}
