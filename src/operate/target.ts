import { existsSync } from 'node:fs'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { loadOrDefault } from './load.js'
import { type Target, targetOf } from './place.js'
import { openSession, readAppliedCluster, type Session } from './session.js'

/** What a file means, or the name of a cluster that was built from this computer, or nothing: the built-in cluster. */
export const readCluster = async (fileOrName: string | undefined, emit: Emit): Promise<Cluster> => {
  if (fileOrName !== undefined && !existsSync(fileOrName)) {
    const known = /^[a-z0-9-]+$/.test(fileOrName) ? await readAppliedCluster(fileOrName) : undefined
    if (known) return known
  }
  return loadOrDefault(fileOrName, emit)
}

export const findTarget = async (fileOrName: string | undefined, emit: Emit): Promise<Target> =>
  targetOf(await readCluster(fileOrName, emit))

/** Opens a session that changes nothing, and closes it whatever happens. */
export const withReader = async <T>(
  fileOrName: string | undefined,
  options: { emit: Emit; signal: AbortSignal; bundleDigest?: string },
  work: (session: Session, target: Target) => Promise<T>,
): Promise<T> => {
  const target = await findTarget(fileOrName, options.emit)
  const session = await openSession(target.cluster, target.fleet, {
    emit: options.emit,
    signal: options.signal,
    bundleDigest: options.bundleDigest ?? '',
    readOnly: true,
  })
  try {
    return await work(session, target)
  } finally {
    await session.close()
  }
}
