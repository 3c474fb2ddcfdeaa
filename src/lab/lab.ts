import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '../machine/fleet.js'
import { runProcess } from '../machine/process.js'
import { controlDirOf, pick, sshMachineOf } from '../machine/ssh-fleet.js'
import type { Cluster } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { removeGroups, setFrozen } from './cgroups.js'
import { consoleTail, cutPower, isRunning, mountRoot, removeMachine, startContainer } from './container.js'
import type { LabImage } from './image.js'
import { labKeys } from './keys.js'
import { type MachineKeys, writeMachineRoot } from './machine-root.js'
import { inNamespace, makeNetwork, removeNetwork } from './network.js'
import { type LabPaths, labPaths } from './paths.js'
import { dialThroughRelay, readRelay, startRelay, stopRelay } from './relay.js'
import { gatewayOf, prefixLengthOf } from './subnet.js'

/** Machines of one cluster, made on this computer. Every verb may be called again at any time, also after a crash in its middle. */
export interface Lab {
  readonly paths: LabPaths
  readonly fleet: Fleet
  /** Network, keys and relay. Nothing is booted. */
  prepare(): Promise<void>
  isRunning(machine: string): Promise<boolean>
  /** Starts a machine unless it runs, and waits until its SSH port answers. Throws Fault Q3503 when it does not. */
  boot(machine: string, image: LabImage, signal?: AbortSignal): Promise<void>
  /** Power loss without a goodbye; the disks stay. */
  powerOff(machine: string): Promise<void>
  freeze(machine: string): Promise<void>
  thaw(machine: string): Promise<void>
  /** Port on 127.0.0.1 that leads to the endpoint; undefined when the lab is not prepared. */
  relayPort(): Promise<number | undefined>
}

const bootDeadlineMs = 60_000
const sshPort = 22

export const openLab = (cluster: Cluster, stateRoot: string): Lab => {
  const paths = labPaths(stateRoot, cluster.name)
  let keys: Map<string, MachineKeys> | undefined
  return {
    paths,
    fleet: labFleet(cluster, paths),
    prepare: async () => {
      await requireTools()
      const subnet = cluster.network.machineSubnet
      await makeNetwork(paths, gatewayOf(subnet), prefixLengthOf(subnet))
      keys = await labKeys(paths, cluster.machines)
      await startRelay(paths, cluster.endpoint)
    },
    isRunning: (machine) => isRunning(paths, machine),
    boot: async (name, image, signal) => {
      const machine = pick(cluster.machines, name)
      if (!(await isRunning(paths, name))) {
        keys ??= await labKeys(paths, cluster.machines)
        const own = keys.get(name)
        if (!own) throw new Error(`no keys for ${name}`)
        const m = paths.machine(name)
        await mkdir(m.dir, { recursive: true, mode: 0o700 })
        // A root that is half written is written again: the mark is the last thing to appear.
        if (!existsSync(join(m.dir, 'written'))) {
          await writeMachineRoot(m.upper, cluster, machine, own, image.digest)
          await writeFile(join(m.dir, 'image.json.new'), JSON.stringify(image))
          await rename(join(m.dir, 'image.json.new'), join(m.dir, 'image.json'))
          await writeFile(join(m.dir, 'written'), '')
        }
        // A machine keeps the image it was made from: changing lower layers below an upper one is undefined (overlayfs documentation).
        const made = JSON.parse(await readFile(join(m.dir, 'image.json'), 'utf8')) as LabImage
        await mountRoot(paths, name, made)
        await startContainer(paths, cluster.name, name)
      }
      await awaitSsh(paths, name, machine.address, signal)
    },
    powerOff: (machine) => cutPower(paths, cluster.name, machine),
    freeze: (machine) => setFrozen(paths.cgroup, machine, true),
    thaw: (machine) => setFrozen(paths.cgroup, machine, false),
    relayPort: async () => (await readRelay(paths))?.port,
  }
}

/** Waits until sshd says its name: an open port alone may be systemd's, before sshd runs. */
const awaitSsh = async (paths: LabPaths, machine: string, address: string, signal?: AbortSignal): Promise<void> => {
  const endMs = performance.now() + bootDeadlineMs
  while (performance.now() < endMs) {
    signal?.throwIfAborted()
    const greeted = await greeting(paths, address, 1000)
    if (greeted) return
    await sleep(40)
  }
  throw fault(
    'Q3503',
    { seconds: bootDeadlineMs / 1000, console: await consoleTail(paths, machine), log: paths.machine(machine).console },
    { machine },
  )
}

const greeting = async (paths: LabPaths, address: string, timeoutMs: number): Promise<boolean> => {
  const socket = await dialThroughRelay(paths, address, sshPort, { timeoutMs }).catch(() => undefined)
  if (!socket) return false
  return await new Promise((done) => {
    const finish = (yes: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      done(yes)
    }
    const timer = setTimeout(() => finish(false), timeoutMs)
    socket.once('data', (chunk: Buffer) => finish(chunk.toString('latin1').startsWith('SSH-2.0')))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.resume()
  })
}

const labFleet = (cluster: Cluster, paths: LabPaths): Fleet => {
  const controlDir = controlDirOf(`lab/${cluster.name}`)
  const machines = cluster.machines.map((m) =>
    sshMachineOf(
      { ...m, ssh: { user: 'root', port: sshPort } },
      { controlDir, knownHostsFile: paths.knownHosts, identityFile: paths.identity, prefix: inNamespace(paths) },
    ),
  )
  return {
    isLab: true,
    machine: (name) => pick(machines, name),
    dial: (host, port, options) => dialThroughRelay(paths, host, port, options),
    close: async () => {
      await Promise.all(machines.map((m) => m.close()))
    },
  }
}

const tools: readonly (readonly [tool: string, pkg: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['ip', 'iproute2'],
  ['nsenter', 'util-linux'],
  ['ssh', 'openssh-client'],
]

const requireTools = async (): Promise<void> => {
  if (process.getuid?.() !== 0) throw fault('Q3501')
  const path = (process.env.PATH ?? '').split(':')
  for (const [tool, pkg] of tools) {
    if (!path.some((dir) => existsSync(join(dir, tool)))) throw fault('Q3502', { tool, package: pkg })
  }
}

/** Names of the labs that exist on this computer, running or not. */
export const listLabs = async (stateRoot: string): Promise<string[]> => (await readdir(join(stateRoot, 'labs')).catch(() => [])).sort()

/**
 * Ends a lab and removes all of it: processes, mounts, groups, namespace, disks. Needs nothing but its name, so it also cleans up after a crash or
 * when the cluster file is lost. Returns the machines that were removed.
 */
export const removeLab = async (cluster: string, stateRoot: string): Promise<string[]> => {
  const paths = labPaths(stateRoot, cluster)
  if (!existsSync(paths.dir)) return []
  const machines = (await readdir(join(paths.dir, 'machines')).catch(() => [])).sort()
  await Promise.all(machines.map((machine) => removeMachine(paths, machine)))
  await stopRelay(paths)
  await endControlSockets(cluster)
  await removeGroups(paths.cgroup)
  await removeNetwork(paths)
  await rm(paths.dir, { recursive: true, force: true })
  return machines
}

/** The shared SSH connections of this lab: their masters would wait for machines that are gone. */
const endControlSockets = async (cluster: string): Promise<void> => {
  const dir = controlDirOf(`lab/${cluster}`)
  for (const name of await readdir(dir).catch(() => [])) {
    await runProcess(['ssh', '-O', 'exit', '-o', `ControlPath=${join(dir, name)}`, 'lab'], { allowFailure: true, timeoutMs: 2000 }).catch(
      () => undefined,
    )
  }
  await rm(dir, { recursive: true, force: true })
}
