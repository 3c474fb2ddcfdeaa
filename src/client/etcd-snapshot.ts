import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault } from '../model/problem.js'
import { etcdErrorOf } from './etcd-error.js'
import { bytesOf, numberOf } from './etcd-value.js'
import type { CallOptions, HttpClient } from './http.js'
import { linesOf } from './lines.js'

export interface SnapshotResult {
  path: string
  bytes: number
  /** sha256 of the database, hex: what the trailer says and what was counted here. */
  sha256: string
}

const trailerBytes = 32

/**
 * Saves this member's database to `path`, mode 0600, written beside and renamed. Works without quorum. etcd sends the sha256 of
 * everything as its last message and keeps it at the file's end; it is checked here, because `etcdutl snapshot status` does not.
 * Throws Q7522 when it does not match or the stream ended early, TransportFault when it stood still for `idleMs` (default 10,000).
 */
export const saveSnapshot = async (
  http: HttpClient,
  path: string,
  options: CallOptions & { idleMs?: number; onProgress?: (done: number, total: number) => void } = {},
): Promise<SnapshotResult> => {
  const { onProgress, idleMs = 10_000, ...call } = options
  const partial = `${path}.${process.pid}.partial`
  const file = await open(partial, 'w', 0o600)
  try {
    const stream = await http.stream({ method: 'POST', path: '/v3/maintenance/snapshot', body: {}, ...call })
    const hash = createHash('sha256')
    // The trailer is not part of its own sum, so the last 32 bytes are always held back.
    let tail: Buffer = Buffer.alloc(0)
    let bytes = 0
    let remaining = -1
    for await (const line of linesOf(stream.chunks({ idleMs }))) {
      const message = JSON.parse(line) as { result?: { remaining_bytes?: string; blob?: string }; error?: object }
      if (!message.result) throw etcdErrorOf(line, stream.status, http.endpoint, 'snapshot')
      const blob = bytesOf(message.result.blob)
      await file.write(blob)
      bytes += blob.length
      remaining = numberOf(message.result.remaining_bytes)
      const seen = Buffer.concat([tail, blob])
      const keep = Math.min(trailerBytes, seen.length)
      hash.update(seen.subarray(0, seen.length - keep))
      tail = seen.subarray(seen.length - keep)
      onProgress?.(bytes, bytes + remaining)
    }
    const counted = hash.digest('hex')
    // bbolt writes whole pages, so a file that carries its sum is 32 bytes longer than a multiple of 512.
    if (remaining !== 0 || bytes % 512 !== trailerBytes)
      throw fault('Q7522', { endpoint: http.endpoint, reason: `it ended early, after ${bytes} bytes` })
    if (tail.toString('hex') !== counted) throw fault('Q7522', { endpoint: http.endpoint, reason: 'its sha256 does not match its content' })
    await file.sync()
    await file.close()
    await rename(partial, path)
    const directory = await open(dirname(path), 'r')
    await directory.sync().finally(() => directory.close())
    return { path, bytes, sha256: counted }
  } catch (error) {
    await file.close().catch(() => {})
    await rm(partial, { force: true })
    throw error
  }
}
