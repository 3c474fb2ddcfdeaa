import { rmdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { controlDirOf } from './control-dir.js'
import type { Fleet } from './fleet.js'
import { SshMachine } from './ssh.js'
import type { SshTarget } from './ssh-target.js'

export const sshMachineOf = (machine: MachineSpec, rest: Omit<SshTarget, 'name' | 'address' | 'user' | 'port'>): SshMachine => {
  const identityFile = rest.identityFile ?? machine.ssh?.identityFile
  const knownHostsFile = rest.knownHostsFile ?? machine.ssh?.knownHostsFile
  return new SshMachine({
    name: machine.name,
    address: machine.address,
    user: machine.ssh?.user ?? 'root',
    port: machine.ssh?.port ?? 22,
    ...rest,
    ...(identityFile ? { identityFile } : {}),
    ...(knownHostsFile ? { knownHostsFile } : {}),
  })
}

/** The machine of a name among those of a cluster. Throws Fault Q4030 naming those there are. */
export const pick = <M extends { name: string }>(machines: readonly M[], name: string): M => {
  const found = machines.find((m) => m.name === name)
  if (!found) throw fault('Q4030', { machine: name, names: machines.map((m) => m.name).join(', ') })
  return found
}

/** Hosts that exist, reached from this computer's own network. */
export const sshFleet = (cluster: Cluster): Fleet => {
  const controlDir = controlDirOf(cluster.name)
  const machines = cluster.machines.map((m) => sshMachineOf(m, { controlDir }))
  return {
    isLab: false,
    machine: (name) => pick(machines, name),
    dial: dialDirectly,
    close: async () => {
      await Promise.all(machines.map((m) => m.close()))
      // Stays while another quorate has connections there.
      await rmdir(controlDir).catch(() => undefined)
    },
  }
}

const dialDirectly: Fleet['dial'] = (host, port, { timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = createConnection({ host, port, noDelay: true })
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners('error')
    }
    const fail = (why: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(why)
    }
    const onAbort = (): void => fail(signal?.reason)
    const timer = setTimeout(() => fail(fault('Q3010', { host, port, reason: `no answer within ${timeoutMs} ms` })), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => fail(fault('Q3010', { host, port, reason: error.message }, { cause: error })))
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
