import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import type { Fleet } from './fleet.js'
import { SshMachine } from './ssh.js'

/** A short private folder for control sockets: /run where we may, the temporary folder elsewhere. */
export const controlDirOf = (cluster: string): string => {
  const base = process.getuid?.() === 0 ? '/run' : tmpdir()
  const dir = join(base, `quorate-${createHash('sha256').update(cluster).digest('hex').slice(0, 8)}`)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return dir
}

export const sshMachineOf = (
  machine: MachineSpec,
  rest: { controlDir: string; knownHostsFile?: string; identityFile?: string; prefix?: readonly string[] },
): SshMachine => {
  const identityFile = rest.identityFile ?? machine.ssh?.identityFile
  return new SshMachine({
    name: machine.name,
    address: machine.address,
    user: machine.ssh?.user ?? 'root',
    port: machine.ssh?.port ?? 22,
    controlDir: rest.controlDir,
    ...(identityFile ? { identityFile } : {}),
    ...(rest.knownHostsFile ? { knownHostsFile: rest.knownHostsFile } : {}),
    ...(rest.prefix ? { prefix: rest.prefix } : {}),
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
    dial: (host, port, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const socket = createConnection({ host, port, noDelay: true })
        const fail = (reason: string, cause?: unknown): void => {
          clearTimeout(timer)
          socket.destroy()
          reject(fault('Q3010', { host, port, reason }, { cause }))
        }
        const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
        signal?.addEventListener('abort', () => fail('stopped'), { once: true })
        socket.once('error', (error) => fail(error.message, error))
        socket.once('connect', () => {
          clearTimeout(timer)
          socket.removeAllListeners('error')
          resolve(socket)
        })
      }),
    close: async () => {
      await Promise.all(machines.map((m) => m.close()))
    },
  }
}
