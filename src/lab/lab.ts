import { existsSync, lstatSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { controlDirOf, endMasters } from '../machine/control-dir.js'
import type { Fleet } from '../machine/fleet.js'
import { pick, sshMachineOf } from '../machine/ssh-fleet.js'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import { apiDoors } from '../render/endpoint.js'
import { awaitSsh, sshPort } from './await-ssh.js'
import { isVersion1, removeGroups, setFrozen, setWeight } from './cgroups.js'
import { cutPower, isRunning, killProcesses, mountRoot, removeCable, removeMachine, startContainer } from './container.js'
import { raiseHostLimits } from './host-limits.js'
import { requireRoot, requireTools } from './host-tools.js'
import type { LabImage } from './image.js'
import { labKeys } from './keys.js'
import { beginRemoval, endRemoval } from './locked.js'
import { type MachineKeys, writeMachineRoot } from './machine-root.js'
import { hasNetwork, inNamespace, makeNetwork, removeNetwork } from './network.js'
import { type LabPaths, labPaths } from './paths.js'
import { dialThroughRelay, readRelay, startRelay, stopRelay } from './relay.js'

/** Machines of one cluster, made on this computer. Every verb may be called again at any time, also after a crash in its middle. */
export interface Lab {
  readonly paths: LabPaths
  readonly fleet: Fleet
  /** Limits of this computer, network, keys and relay. Nothing is booted. */
  prepare(emit?: Emit): Promise<void>
  isRunning(machine: string): Promise<boolean>
  /** Starts a machine unless it runs, and waits until its SSH port answers. Throws Fault Q3503 when it does not. */
  boot(machine: string, image: LabImage, signal?: AbortSignal): Promise<void>
  /** Power loss without a goodbye; the disks stay. */
  powerOff(machine: string): Promise<void>
  freeze(machine: string): Promise<void>
  thaw(machine: string): Promise<void>
  /** Gives one machine more of the processors than others that share them, from its boot on, until nobody is favoured any more. */
  favour(machine: string | undefined): Promise<void>
  /** Port on 127.0.0.1 that leads to the endpoint; undefined when the lab is not prepared. */
  relayPort(): Promise<number | undefined>
}

/** A kept connection costs a second quorate command 10 ms a machine instead of a login; `down` ends it, and so does this time without use. */
const persistSeconds = 600

/**
 * A balancer does little, but at once or not at all: a check that comes a quarter of a second late moves the virtual IP. On hardware of its own it never
 * waits for the API servers of other machines, so it does not here either.
 */
const weightOf = ({ roles }: MachineSpec): number => (roles.every((role) => role === 'balancer') ? 8 : 1)
/** What machines share runs one after another anyway: with the first API server up early, the rest is done while the others start. */
const headStart = 8

export const openLab = (cluster: Cluster, stateRoot: string): Lab => {
  const host = cluster.hosted?.host
  const paths = labPaths(stateRoot, cluster.name, host?.name)
  const access = {
    controlDir: controlDirOf(`lab/${cluster.name}`),
    knownHostsFile: paths.knownHosts,
    identityFile: paths.identity,
    prefix: inNamespace(paths),
    // What the user has set for real hosts (a jump host for all, say) is not meant for these.
    configFile: 'none',
    // OpenSSH's own choice withstands quantum computers and takes 90 ms of a processor for each login; nobody can listen here.
    options: ['KexAlgorithms=curve25519-sha256'],
    persistSeconds,
    keepConnection: true,
  }
  const machines = cluster.machines.map((m) => sshMachineOf({ ...m, ssh: { user: 'root', port: sshPort } }, access))
  let keys: Promise<Map<string, MachineKeys>> | undefined
  const keysOf = async (name: string): Promise<MachineKeys> => {
    keys ??= labKeys(paths, cluster.machines)
    const own = (await keys).get(name)
    if (!own) throw new Error(`no keys for ${name}`)
    return own
  }

  /** Lays out what a machine is before its first boot. A root that is half written is written again: the mark is the last thing to appear. */
  const make = async (name: string, image: LabImage): Promise<LabImage> => {
    const m = paths.machine(name)
    const kept = join(m.dir, 'image.json')
    if (!existsSync(join(m.dir, 'written'))) {
      await mkdir(m.dir, { recursive: true, mode: 0o700 })
      await writeMachineRoot(m.upper, cluster, pick(cluster.machines, name), await keysOf(name), image.digest)
      await writeFile(`${kept}.new`, JSON.stringify(image))
      await rename(`${kept}.new`, kept)
      await writeFile(join(m.dir, 'written'), '')
    }
    // A machine keeps the image it was made from: changing lower layers below an upper one is undefined (overlayfs documentation).
    return JSON.parse(await readFile(kept, 'utf8')) as LabImage
  }

  const start = async (name: string, image: LabImage): Promise<void> => {
    // What half a boot or half a power loss left; and the connection to the machine as it was before.
    await killProcesses(paths, name)
    // Groups of containers that died with the power: kubelet would ask for each of them for 3 s, one after another, before it starts anything.
    await removeGroups(paths.cgroup, name)
    await pick(machines, name).disconnect()
    await removeCable(paths, cluster.name, name)
    await mountRoot(paths, name, await make(name, image))
    await startContainer(paths, cluster.name, name, name === favoured ? headStart : weightOf(pick(cluster.machines, name)))
  }

  let favoured: string | undefined

  return {
    paths,
    fleet: {
      isLab: true,
      machine: (name) => pick(machines, name),
      dial: (host, port, options) => dialThroughRelay(paths, host, port, options),
      close: async () => {
        await Promise.all(machines.map((m) => m.close()))
      },
    },
    prepare: async (emit) => {
      requireTools()
      if (host && !(await hasNetwork(labPaths(stateRoot, host.name))))
        throw fault('Q3509', { cluster: cluster.name, host: host.name, file: cluster.hosted?.hostFile ?? '' })
      await raiseHostLimits(cluster.machines.length + (host?.machines.length ?? 0), emit)
      await diskFault('lab', async () => {
        await endRemoval(paths)
        if (host) await markGuest(paths, host.name)
        else await makeNetwork(paths, cluster.network.machineSubnet)
        keys = labKeys(paths, cluster.machines)
        await keys
        await startRelay(paths, host ? apiDoors(cluster) : [cluster.endpoint])
      })
    },
    isRunning: (machine) => isRunning(paths, machine),
    boot: async (name, image, signal) => {
      const { address } = pick(cluster.machines, name)
      if (!(await isRunning(paths, name))) await diskFault(name, () => start(name, image))
      await awaitSsh(paths, name, address, signal)
    },
    powerOff: (machine) => cutPower(paths, cluster.name, machine),
    freeze: (machine) => setFrozen(paths.cgroup, machine, true),
    thaw: (machine) => setFrozen(paths.cgroup, machine, false),
    favour: async (machine) => {
      const before = favoured
      favoured = machine
      if (before === undefined || !isVersion1()) return
      await setWeight(paths.cgroup, before, weightOf(pick(cluster.machines, before))).catch(() => undefined)
    },
    relayPort: async () => (await readRelay(paths))?.port,
  }
}

/** A full disk of this computer as Fault Q3012. */
const diskFault = async (what: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    throw fault('Q3012', { command: `make ${what}`, said: message }, { cause: error })
  }
}

/** Before anything else of a guest: whoever takes the labs down must know whose network it is. */
const markGuest = async (paths: LabPaths, host: string): Promise<void> => {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  await writeFile(`${paths.guestOf}.new`, `${host}\n`, { mode: 0o600 })
  await rename(`${paths.guestOf}.new`, paths.guestOf)
}

/** The lab whose network this one shares; undefined where it has its own. */
export const hostLabOf = async (cluster: string, stateRoot: string): Promise<string | undefined> =>
  (await readFile(labPaths(stateRoot, cluster).guestOf, 'utf8').catch(() => '')).trim() || undefined

/** Labs whose machines are on the network of this one. */
export const guestsOf = async (cluster: string, stateRoot: string): Promise<string[]> => {
  const labs = await listLabs(stateRoot)
  const hosts = await Promise.all(labs.map((name) => hostLabOf(name, stateRoot)))
  return labs.filter((_, i) => hosts[i] === cluster)
}

/** Names of the labs that exist on this computer, running or not. */
export const listLabs = async (stateRoot: string): Promise<string[]> =>
  (await readdir(join(stateRoot, 'labs')).catch(() => [])).filter((name) => !name.startsWith('.')).sort()

/**
 * Ends a lab and removes all of it: processes, connections, mounts, groups, namespace, disks. Needs nothing but its name, so it also cleans up after a
 * crash or when the cluster file is lost. A guest leaves the network of its host as it is. Returns the machines that were removed. Throws Fault Q3501
 * without root, Q3508 when a process cannot be ended, Q3510 while there are guests.
 */
export const removeLab = async (cluster: string, stateRoot: string): Promise<string[]> => {
  const host = await hostLabOf(cluster, stateRoot)
  const paths = labPaths(stateRoot, cluster, host)
  const removed = join(dirname(paths.dir), `.removed-${cluster}`)
  if (!isThere(paths.dir) && !isThere(removed)) return []
  requireRoot()
  const [first, ...more] = await guestsOf(cluster, stateRoot)
  if (first !== undefined) throw fault('Q3510', { cluster, first, guests: [first, ...more].join(', ') })
  // What is left of a removal that was killed at its end.
  await rm(removed, { recursive: true, force: true })
  if (!isThere(paths.dir)) return []
  await beginRemoval(paths)
  const machines = (await readdir(join(paths.dir, 'machines')).catch(() => [])).sort()
  // First of all, or a master would go on trying to reach machines that are gone.
  await endMasters(controlDirOf(`lab/${cluster}`))
  await Promise.all(machines.map((machine) => removeMachine(paths, cluster, machine)))
  await stopRelay(paths)
  await removeGroups(paths.cgroup)
  if (host === undefined) await removeNetwork(paths)
  // Gone at one moment: whoever comes late finds neither the folder nor a part of it.
  await rename(paths.dir, removed)
  await rm(removed, { recursive: true, force: true })
  return machines
}

/** Where we may not even look, there may be a lab. */
const isThere = (dir: string): boolean => {
  try {
    return lstatSync(dir).isDirectory()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}
