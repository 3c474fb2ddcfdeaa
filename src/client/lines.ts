/** Splits a stream of bytes into lines, without their ends. A last line without an end is given too; a line over `maxBytes` throws. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, maxBytes = 64 * 1024 * 1024): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let held = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, at)
      const line = parts.length === 0 ? tail.toString('utf8') : Buffer.concat([...parts, tail]).toString('utf8')
      parts = []
      held = 0
      from = at + 1
      if (line.length > 0) yield line
    }
    if (from < chunk.length) {
      const rest = chunk.subarray(from)
      parts.push(rest)
      held += rest.length
      if (held > maxBytes) throw new Error(`a line is longer than ${maxBytes} bytes`)
    }
  }
  if (held > 0) yield Buffer.concat(parts).toString('utf8')
}
