import { existsSync } from 'node:fs'
import { type Lab, openLab } from '../lab/lab.js'
import { labPaths } from '../lab/paths.js'
import type { Fleet } from '../machine/fleet.js'
import { sshFleet } from '../machine/ssh-fleet.js'
import type { Cluster } from '../model/cluster.js'
import { stateRoot } from './state.js'

/** A cluster and the way to its machines. `lab` is there when they are, or would be, made on this computer. */
export interface Target {
  cluster: Cluster
  lab: Lab | undefined
  fleet: Fleet
}

const hasLab = (cluster: string): boolean => existsSync(labPaths(stateRoot(), cluster).dir)

/** Machines of a lab that was made count, whatever the file says; else hosts where the file tells how to log in. */
const livesHere = (cluster: Cluster): boolean => hasLab(cluster.name) || cluster.machines.every((m) => m.ssh === undefined)

/** Nothing is opened yet. */
export const targetOf = (cluster: Cluster, here = livesHere(cluster)): Target => {
  const lab = here ? openLab(cluster, stateRoot()) : undefined
  return { cluster, lab, fleet: lab?.fleet ?? sshFleet(cluster) }
}
