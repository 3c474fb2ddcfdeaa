import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault } from '../model/problem.js'

/** Private files on this computer: directories 0700, files 0600, never seen half-written. Throws Q7002 when the disk refuses. */

const scratchName = (path: string): string => `${path}.new-${process.pid}-${randomBytes(4).toString('hex')}`

const refused = (path: string, cause: unknown): Error =>
  fault('Q7002', { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause })

/** After a rename the name itself must reach the disk, or a power loss brings the old one back. */
export const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const writeScratch = async (path: string, content: string): Promise<string> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const scratch = scratchName(path)
  const handle = await open(scratch, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return scratch
}

/** Replaces a file as a whole. */
export const replaceFile = async (path: string, content: string): Promise<void> => {
  try {
    const scratch = await writeScratch(path, content)
    await rename(scratch, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    throw refused(path, cause)
  }
}

/** Writes a file that must not exist yet; false when another process was first, whose file then stands. */
export const createFile = async (path: string, content: string): Promise<boolean> => {
  let scratch: string | undefined
  try {
    scratch = await writeScratch(path, content)
    await link(scratch, path)
    await syncDirectory(dirname(path))
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw refused(path, cause)
  } finally {
    if (scratch) await rm(scratch, { force: true }).catch(() => undefined)
  }
}

/** Makes a directory with all its files at once; false when another process was first. Two may race: exactly one wins. */
export const createDirectory = async (path: string, files: Record<string, string>): Promise<boolean> => {
  const scratch = scratchName(path)
  try {
    for (const [name, content] of Object.entries(files)) await replaceFile(`${scratch}/${name}`, content)
    await rename(scratch, path)
    await syncDirectory(dirname(path))
    return true
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw cause instanceof Error && cause.name === 'Fault' ? cause : refused(path, cause)
  } finally {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined)
  }
}
