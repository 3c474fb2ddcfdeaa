import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fault } from '../model/problem.js'
import { runProcess } from './process.js'

/** The folder of the shared connections' sockets of one cluster. Short: a socket's path may have 107 characters (unix(7)). */
export const controlDirOf = (cluster: string): string => {
  const uid = process.getuid?.() ?? 0
  const base = uid === 0 ? '/run' : (process.env.XDG_RUNTIME_DIR ?? tmpdir())
  return join(base, `quorate-${createHash('sha256').update(cluster).digest('hex').slice(0, 8)}`)
}

/** Makes the folder, private to us. Who could write there could give us a connection of his own: throws Fault Q3013 when it is not ours alone. */
export const ensureControlDir = (dir: string): void => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const found = lstatSync(dir)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) throw fault('Q3013', { dir })
}

/** Ends one shared connection; nothing happens when there is none. A master that does not answer loses its socket and so its use. */
export const endMaster = async (socket: string): Promise<void> => {
  if (!existsSync(socket)) return
  await runProcess(['ssh', '-F', 'none', '-O', 'exit', '-o', `ControlPath=${socket}`, 'any'], {
    allowFailure: true,
    timeoutMs: 2000,
  }).catch(() => undefined)
  await rm(socket, { force: true })
}

/** Ends every shared connection of a cluster and removes the folder. */
export const endMasters = async (dir: string): Promise<void> => {
  const names = await readdir(dir).catch(() => [])
  await Promise.all(names.map((name) => endMaster(join(dir, name))))
  await rm(dir, { recursive: true, force: true })
}
