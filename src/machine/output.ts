import { StringDecoder } from 'node:string_decoder'

/** Output kept of each stream; a command that prints more is cut there and goes on. */
const outputLimit = 32 * 1024 * 1024

/** Collects bytes up to the limit; further ones are dropped, so that the command does not block. */
export class Kept {
  readonly #chunks: Buffer[] = []
  #left = outputLimit

  push(chunk: Buffer): void {
    if (this.#left > 0) this.#chunks.push(chunk.subarray(0, this.#left))
    this.#left -= chunk.length
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** Cuts bytes into lines of text, whatever pieces they come in. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.onLine(line)
  }

  /** The last line may have no newline. */
  end(): void {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (last) this.onLine(last)
  }
}
