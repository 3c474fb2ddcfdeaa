import type { Lab } from '../lab/lab.js'
import type { Fleet } from '../machine/fleet.js'
import { type Cluster, nodes } from '../model/cluster.js'
import { fault } from '../model/problem.js'

/** A cluster and the way to its machines. */
export interface Site {
  cluster: Cluster
  fleet: Fleet
  /** Absent = hosts that exist. */
  lab?: Lab | undefined
}

/** Where a drill takes place: every machine that it may break. */
export interface Ground extends Site {
  /** Where machines of two clusters stand on it: each cluster as its own file tells. */
  sites?: readonly Site[]
}

/**
 * The ground of a drill. With the cluster that hosts the control plane of this one, the nodes of the host stand on it as machines without a role:
 * they can be hit and are failure domains, and nothing is asked of them but what runs there for the guest. Throws Q6016 where two machines
 * bear one name.
 */
export const groundOf = (own: Site, host?: Site): Ground => {
  if (!host) return own
  const { cluster, fleet } = own
  const names = new Set(cluster.machines.map((m) => m.name))
  const carriers = nodes(host.cluster)
  const twin = carriers.find((m) => names.has(m.name))
  if (twin) throw fault('Q6016', { cluster: cluster.name, host: host.cluster.name, machine: twin.name })
  const lab = host.lab && own.lab
  return {
    cluster: { ...cluster, machines: [...cluster.machines, ...carriers.map((m) => ({ ...m, roles: [] }))] },
    fleet: {
      isLab: fleet.isLab && host.fleet.isLab,
      machine: (name) => (names.has(name) ? fleet : host.fleet).machine(name),
      dial: (address, port, options) => fleet.dial(address, port, options),
      close: async () => {
        await Promise.all([fleet.close(), host.fleet.close()])
      },
    },
    ...(lab ? { lab } : {}),
    sites: [own, host],
  }
}

/** The clusters whose machines stand on it. */
export const sitesOf = (ground: Ground): readonly Site[] => ground.sites ?? [ground]

/** Whose machine it is. */
export const siteOf = (ground: Ground, machine: string): Site =>
  sitesOf(ground).find((one) => one.cluster.machines.some((m) => m.name === machine)) ?? ground

export const labsOf = (ground: Ground): Lab[] => sitesOf(ground).flatMap(({ lab }) => (lab ? [lab] : []))
