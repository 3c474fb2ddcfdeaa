import { existsSync } from 'node:fs'
import { type Lab, openLab } from '../lab/lab.js'
import { labPaths } from '../lab/paths.js'
import type { Fleet } from '../machine/fleet.js'
import { sshFleet } from '../machine/ssh-fleet.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { loadOrDefault } from './load.js'
import { openSession, readAppliedCluster, type Session } from './session.js'
import { stateRoot } from './state.js'

/** A cluster and the way to its machines. `lab` is there when they are, or would be, made on this computer. */
export interface Target {
  cluster: Cluster
  lab: Lab | undefined
  fleet: Fleet
}

const hasLab = (cluster: string): boolean => existsSync(labPaths(stateRoot(), cluster).dir)

/** Machines of a lab that was made count, whatever the file says; else hosts where the file tells how to log in. */
export const livesHere = (cluster: Cluster): boolean => hasLab(cluster.name) || cluster.machines.every((m) => m.ssh === undefined)

export const targetOf = (cluster: Cluster, here: boolean): Target => {
  const lab = here ? openLab(cluster, stateRoot()) : undefined
  return { cluster, lab, fleet: lab?.fleet ?? sshFleet(cluster) }
}

/** What a file means, or the name of a cluster that was built from this computer, or nothing: the built-in cluster. */
export const readCluster = async (fileOrName: string | undefined, emit: Emit): Promise<Cluster> => {
  if (fileOrName !== undefined && !existsSync(fileOrName)) {
    const known = /^[a-z0-9-]+$/.test(fileOrName) ? await readAppliedCluster(fileOrName) : undefined
    if (known) return known
  }
  return loadOrDefault(fileOrName, emit)
}

export const findTarget = async (fileOrName: string | undefined, emit: Emit): Promise<Target> => {
  const cluster = await readCluster(fileOrName, emit)
  return targetOf(cluster, livesHere(cluster))
}

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
