import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'

/** sha256 in hex. */
export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

/** sha256 of a file in hex. */
export const digestOfFile = async (path: string, signal?: AbortSignal): Promise<string> => {
  const { size } = await stat(path)
  if (size < 1 << 18) return sha256(await readFile(path))
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A key from everything that decides some content: the same inputs give the same key, any other input gives another. */
export const keyOf = (...inputs: unknown[]): string => sha256(JSON.stringify(inputs)).slice(0, 24)
