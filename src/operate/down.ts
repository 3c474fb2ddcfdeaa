import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { removeLab } from '../lab/lab.js'
import { labPaths } from '../lab/paths.js'
import { takeLock } from '../run/lock.js'
import { leaveHost } from './leave-host.js'
import type { VerbOptions } from './options.js'
import { stateOf, stateRoot } from './state.js'
import { readCluster } from './target.js'
import { labMark } from './up.js'

/**
 * Ends the machines of one cluster on this computer and removes all that belongs to them, keys included. Takes a file or a name; a name is enough
 * when the file is lost. Hosts that exist are never touched, nor is what this computer knows of them.
 */
export const down = async (fileOrName: string | undefined, { emit }: VerbOptions): Promise<{ removed: string[]; ms: number }> => {
  const startedMs = performance.now()
  const name = await nameOf(fileOrName, emit)
  const state = stateOf(name)
  const lock = await takeLock(state.lock, 'down', () => new Date())
  try {
    // While its machines are there the host can still be asked for what is left; and again after a kill, since the lab goes last.
    if (existsSync(labPaths(stateRoot(), name).dir)) await leaveHost(name, emit)
    const removed = await removeLab(name, stateRoot())
    // Last: were it first and quorate killed then, machines without keys would be left.
    if (existsSync(labMark(state.dir)) || !existsSync(state.cluster)) await rm(state.dir, { recursive: true, force: true })
    emit({ type: 'run.finished', verb: 'down', ok: true, ms: performance.now() - startedMs, changed: removed.length })
    return { removed, ms: performance.now() - startedMs }
  } finally {
    await lock.release()
  }
}

const nameOf = async (fileOrName: string | undefined, emit: VerbOptions['emit']): Promise<string> => {
  if (fileOrName !== undefined && !existsSync(fileOrName)) {
    const known = existsSync(labPaths(stateRoot(), fileOrName).dir) || existsSync(stateOf(fileOrName).dir)
    if (/^[a-z0-9-]+$/.test(fileOrName) && known) return fileOrName
  }
  return (await readCluster(fileOrName, emit)).name
}
