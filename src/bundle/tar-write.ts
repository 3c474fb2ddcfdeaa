import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

const block = 512

export type Write = (chunk: Buffer) => Promise<void>

/** One ustar header (POSIX.1-1988). Times and owners are zero, so equal content gives equal bytes. */
export const tarHeader = (path: string, size: number, mode: number, type: '0' | '5'): Buffer => {
  const header = Buffer.alloc(block)
  if (Buffer.byteLength(path) > 100) throw new Error(`path too long for an archive: ${path}`)
  header.write(path, 0)
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((a, b) => a + b, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)
/** Two empty blocks end an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block)

export const tarText = async (write: Write, path: string, content: string): Promise<void> => {
  const bytes = Buffer.from(content)
  await write(tarHeader(path, bytes.length, 0o644, '0'))
  await write(bytes)
  await write(tarPadding(bytes.length))
}

/** Copies a file of `size` bytes; a file that changed meanwhile is an error and not a broken archive. */
export const tarFile = async (write: Write, path: string, source: string, size: number, mode: number): Promise<void> => {
  await write(tarHeader(path, size, mode, '0'))
  let sent = 0
  for await (const chunk of createReadStream(source, { highWaterMark: 1 << 20 })) {
    sent += (chunk as Buffer).length
    await write(chunk as Buffer)
  }
  if (sent !== size) throw new Error(`${source} changed while it was read`)
  await write(tarPadding(size))
}

/** Writes to a file, all of each chunk. */
export const writerOf =
  (file: FileHandle): Write =>
  async (chunk) => {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
  }
