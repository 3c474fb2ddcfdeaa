import { type FileHandle, open, readFile } from 'node:fs/promises'
import { fault } from '../model/problem.js'

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Bytes gathered before they are handed to the kernel. */
const chunkBytes = 64 * 1024
/** How long a record waits for company at most. */
const flushMs = 200

/**
 * Appends records to a file, one JSON value a line. `write` never waits, so that recording does not disturb what is measured; whole
 * lines go out together every 200 ms or 64 KiB. `close` writes the rest, syncs the disk, and throws Q6904 if anything could not be
 * written. A half line left by a kill is cut off when the file is opened again.
 */
export class NdjsonWriter {
  private waiting: string[] = []
  private waitingBytes = 0
  private timer: NodeJS.Timeout | undefined
  private work: Promise<void> = Promise.resolve()
  private failure: unknown
  private closed = false

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async open(path: string): Promise<NdjsonWriter> {
    try {
      const handle = await open(path, 'a+', 0o600)
      await cutTornLine(handle)
      return new NdjsonWriter(path, handle)
    } catch (error) {
      throw fault('Q6904', { file: path, reason: reasonOf(error) }, { cause: error })
    }
  }

  write(record: unknown): void {
    if (this.closed) throw fault('Q6904', { file: this.path, reason: 'it was closed already' })
    const line = `${JSON.stringify(record)}\n`
    this.waiting.push(line)
    this.waitingBytes += line.length
    if (this.waitingBytes >= chunkBytes) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), flushMs).unref()
  }

  private flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.waiting.length === 0) return
    const text = this.waiting.join('')
    this.waiting = []
    this.waitingBytes = 0
    this.work = this.work.then(async () => {
      if (this.failure !== undefined) return
      try {
        await this.handle.appendFile(text)
      } catch (error) {
        this.failure = error
      }
    })
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.flush()
    await this.work
    try {
      if (this.failure === undefined) await this.handle.sync()
    } catch (error) {
      this.failure = error
    } finally {
      await this.handle.close()
    }
    if (this.failure !== undefined) throw fault('Q6904', { file: this.path, reason: reasonOf(this.failure) }, { cause: this.failure })
  }
}

const newline = 10

/** Shortens the file to its last whole line. */
const cutTornLine = async (handle: FileHandle): Promise<void> => {
  const { size } = await handle.stat()
  const part = Buffer.alloc(chunkBytes)
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - chunkBytes)
    const { bytesRead } = await handle.read(part, 0, end - from, from)
    const last = part.subarray(0, bytesRead).lastIndexOf(newline)
    if (last >= 0) {
      if (from + last + 1 < size) await handle.truncate(from + last + 1)
      return
    }
    end = from
  }
  if (size > 0) await handle.truncate(0)
}

export interface NdjsonContent<T> {
  records: T[]
  /** Set when the last line was incomplete and was left out: the writer was killed. */
  torn?: string
}

/**
 * Reads what NdjsonWriter wrote. An incomplete last line is left out and named in `torn`; anything else that is no JSON throws Q6902.
 * A file that does not exist holds no records.
 */
export const readNdjson = async <T>(path: string): Promise<NdjsonContent<T>> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: [] }
    throw fault('Q6901', { directory: path, reason: reasonOf(error) }, { cause: error })
  }
  const lines = text.split('\n')
  // A whole file ends in a newline, so what follows the last one is empty or torn. Even if it parses it may be half a number.
  const rest = lines.pop() ?? ''
  const records = lines.map((line, index) => {
    try {
      return JSON.parse(line) as T
    } catch (error) {
      throw fault('Q6902', { file: path, line: index + 1, reason: reasonOf(error) }, { cause: error })
    }
  })
  if (rest === '') return { records }
  return { records, torn: `${path}: the last line is incomplete (${Buffer.byteLength(rest)} bytes) and was left out` }
}
