import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault } from '../model/problem.js'
import { digestOfFile } from './digest.js'
import { type HttpOptions, withAnswer, withRetries } from './http.js'

export interface Download extends HttpOptions {
  url: string
  /** Name for messages. */
  name: string
  /** Expected sha256 in hex. */
  sha256: string
  to: string
  /** Bytes on disk, and in all; what is not known yet is 0. */
  onBytes?: (done: number, total: number) => void
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (s) => s.size,
    () => 0,
  )

/**
 * Fetches a file into `to`, which appears only when its digest is the expected one. What arrived before a break stays beside it as `to`.part and is
 * gone on with, in this run or the next. Throws Fault Q2007 when the server does not give it, Q2006 when it gives something else.
 */
export const download = async (what: Download): Promise<void> => {
  const part = `${what.to}.part`
  await mkdir(dirname(what.to), { recursive: true })
  // Of a run that was killed before it could use it.
  if ((await sizeOf(what.to)) > 0 && (await digestOfFile(what.to, what.signal)) === what.sha256) return
  const resumed = (await sizeOf(part)) > 0
  let found = await fetchAll(what, part)
  if (found !== what.sha256 && resumed) {
    // The beginning may be of another file that had the same name.
    await rm(part, { force: true })
    found = await fetchAll(what, part)
  }
  if (found !== what.sha256) {
    await rm(part, { force: true })
    throw fault('Q2006', { name: `${what.name} from ${what.url}`, found: `sha256:${found}`, expected: `sha256:${what.sha256}` })
  }
  await rename(part, what.to)
}

const fetchAll = async (what: Download, part: string): Promise<string> => {
  let size = await sizeOf(part)
  await withRetries(
    what.url,
    what,
    () => fetchRest(what, part, (bytes) => (size = bytes)),
    () => size,
  )
  return digestOfFile(part, what.signal)
}

/** Size of the whole file, as an answer to a range or to all of it says. */
const totalOf = (answer: Response, from: number): number => {
  const [, all] = /\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? []
  return all ? Number(all) : from + Number(answer.headers.get('content-length') ?? 0)
}

const fetchRest = async (what: Download, part: string, onSize: (bytes: number) => void): Promise<void> => {
  const have = await sizeOf(part)
  const headers = { ...what.headers, ...(have > 0 ? { range: `bytes=${have}-` } : {}) }
  await withAnswer(what.url, { ...what, headers }, async (answer, chunks) => {
    if (answer.status === 401) throw fault('Q2007', { url: what.url, reason: 'the server answers 401' })
    const [, start] = /^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '') ?? []
    const goesOn = answer.status === 206 && Number(start) === have
    // There is nothing after what we have: either that is all, or it is not that file. The digest tells.
    if (answer.status === 416 && have > 0) return
    const from = goesOn ? have : 0
    const total = totalOf(answer, from)
    const file = await open(part, goesOn ? 'a' : 'w', 0o644)
    let at = from
    try {
      what.onBytes?.(at, total)
      for await (const chunk of chunks) {
        await file.appendFile(chunk)
        at += chunk.length
        onSize(at)
        what.onBytes?.(at, total)
      }
    } finally {
      await file.close()
    }
    if (total > 0 && at !== total) throw new Error(`the answer ended after ${at} of ${total} bytes`)
  })
}
