import { createReadStream } from 'node:fs'
import { fault } from '../model/problem.js'
import { readTar } from './tar-read.js'

/** First entry of an archive: what is in it, and digests of all of it. */
export interface ArchiveIndex {
  format: 'quorate-bundle/1'
  kubernetesVersion: string
  /** As process.arch names it. */
  arch: string
  /** Files of the cache's folder that name finished bundles: name and content. */
  ready: Record<string, string>
  /** sha256 of each object's list of digests, by label; the list holds the digest of every file. */
  objects: Record<string, string>
}

export const indexName = 'quorate-bundle.json'

const indexLimit = 4 << 20

const isIndex = (value: unknown): value is ArchiveIndex => {
  if (typeof value !== 'object' || value === null) return false
  const { format, ready, objects } = value as Partial<ArchiveIndex>
  const strings = (of: unknown): boolean => typeof of === 'object' && of !== null && Object.values(of).every((v) => typeof v === 'string')
  return format === 'quorate-bundle/1' && strings(ready) && strings(objects)
}

/** A label and a name of a ready file, as this program makes them: nothing that leaves a folder. */
const plainLabel = /^[a-z0-9][a-z0-9-]*$/
const plainReady = /^ready-[0-9a-f]+-(modules|releases)\.json$/

/**
 * Reads the index of an archive, and all names in it up to its end. Throws Fault Q2008 when it is not one of ours, is cut short, or holds a name that
 * would be written outside of the objects that the index lists, directly or through a link.
 */
export const readArchive = async (path: string, signal?: AbortSignal): Promise<ArchiveIndex> => {
  const refuse = (reason: string, cause?: unknown): never => {
    throw fault('Q2008', { path, reason }, { cause })
  }
  const links = new Set<string>()
  let index: ArchiveIndex | undefined
  try {
    for await (const entry of readTar(createReadStream(path, { highWaterMark: 4 << 20 }))) {
      signal?.throwIfAborted()
      if (!index) {
        if (entry.path !== indexName || entry.size > indexLimit) return refuse(`it does not begin with ${indexName}`)
        const parts: Buffer[] = []
        for await (const part of entry.body) parts.push(part)
        index = parseIndex(Buffer.concat(parts), refuse)
        continue
      }
      const parts = entry.path.replace(/\/$/, '').split('/')
      const [top, label = ''] = parts
      if (top !== 'objects' || !(label in index.objects) || parts.some((p) => p === '' || p === '.' || p === '..'))
        return refuse(`the name "${entry.path}" is not of an object that it lists`)
      for (let n = 2; n < parts.length; n++)
        if (links.has(parts.slice(0, n).join('/'))) return refuse(`the name "${entry.path}" leads through a link`)
      if (entry.type === '2') links.add(parts.join('/'))
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && error.name === 'Fault') throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return refuse('there is no such file', error)
    return refuse(error instanceof Error ? error.message : String(error), error)
  }
  return index ?? refuse('it is empty')
}

const parseIndex = (content: Buffer, refuse: (reason: string) => never): ArchiveIndex => {
  let value: unknown
  try {
    value = JSON.parse(content.toString('utf8'))
  } catch {
    return refuse('its index is damaged')
  }
  if (!isIndex(value)) return refuse('its index is of another format')
  const odd = [
    ...Object.keys(value.objects).filter((l) => !plainLabel.test(l)),
    ...Object.keys(value.ready).filter((r) => !plainReady.test(r)),
  ]
  if (odd.length > 0) return refuse(`the name "${odd[0]}" in its index`)
  return value
}
