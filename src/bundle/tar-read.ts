/** One entry of an archive. `body` is to be read before the next entry is asked for; what is left of it is skipped. */
export interface TarEntry {
  path: string
  /** '0' file, '5' directory, '1' hard link, '2' symbolic link. */
  type: string
  size: number
  mode: number
  body: AsyncGenerator<Buffer>
}

const block = 512

/** Bytes of a stream in the amounts that are asked for. */
class Reader {
  #rest = Buffer.alloc(0)
  readonly #chunks: AsyncIterator<Buffer | string>
  constructor(source: AsyncIterable<Buffer | string>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  /** At most `most` bytes, at least one; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done) return undefined
      this.#rest = Buffer.from(next.value)
    }
    const taken = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }

  async exactly(size: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; ) {
      const part = await this.some(missing)
      if (!part) throw new Error('the archive ends too early')
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  }
}

const text = (header: Buffer, from: number, length: number): string => {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString('utf8')
}

/** Octal text, or base 256 where the first bit is set (GNU, for sizes from 8 GiB). */
const number = (header: Buffer, from: number, length: number): number => {
  if (((header[from] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(from + length - 8))
  const digits = text(header, from, length).trim()
  if (!/^[0-7]*$/.test(digits)) throw new Error('not a tar archive')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

const checkSum = (header: Buffer): void => {
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (sum !== number(header, 148, 8)) throw new Error('not a tar archive')
}

/** Records "LENGTH KEY=VALUE\n" of POSIX.1-2001 extended headers. */
const paxRecords = (body: Buffer): Record<string, string> => {
  const records: Record<string, string> = {}
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at)
    const length = Number(body.subarray(at, space).toString('latin1'))
    if (space < 0 || !(length > 0)) throw new Error('a damaged extended header')
    const [key = '', ...value] = body
      .subarray(space + 1, at + length - 1)
      .toString('utf8')
      .split('=')
    records[key] = value.join('=')
    at += length
  }
  return records
}

/** Reads a tar archive as a stream: ustar, GNU long names and POSIX extended headers. Throws an Error when it is none or ends too early. */
export async function* readTar(source: AsyncIterable<Buffer | string>): AsyncGenerator<TarEntry> {
  const reader = new Reader(source)
  let said: Record<string, string> = {}
  for (;;) {
    const header = await reader.exactly(block)
    if (header.every((byte) => byte === 0)) return
    checkSum(header)
    const type = text(header, 156, 1) || '0'
    const size = said.size === undefined ? number(header, 124, 12) : Number(said.size)
    const padding = (block - (size % block)) % block
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > 1 << 20) throw new Error('a damaged extended header')
      const body = await reader.exactly(size)
      await reader.exactly(padding)
      if (type === 'x') said = { ...said, ...paxRecords(body) }
      if (type === 'L') said.path = text(body, 0, size)
      continue
    }
    const prefix = text(header, 257, 5) === 'ustar' && text(header, 257, 8) !== 'ustar  ' ? text(header, 345, 155) : ''
    const path = said.path ?? (prefix ? `${prefix}/${text(header, 0, 100)}` : text(header, 0, 100))
    said = {}
    let left = size
    const body = (async function* () {
      while (left > 0) {
        const part = await reader.some(left)
        if (!part) throw new Error('the archive ends too early')
        left -= part.length
        yield part
      }
    })()
    yield { path, type, size, mode: number(header, 100, 8) & 0o7777, body }
    while (left > 0) {
      const part = await reader.some(left)
      if (!part) throw new Error('the archive ends too early')
      left -= part.length
    }
    await reader.exactly(padding)
  }
}
