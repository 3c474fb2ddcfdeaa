import type { Fleet } from '../../machine/fleet.js'
import type { Machine } from '../../machine/machine.js'

/** `greets`: sshd said its name. `silent`: the kernel accepted the connection and nobody said anything. `none`: no connection. */
export type Greeting = 'greets' | 'silent' | 'none'

/** How a machine's SSH port behaves, on a new connection. */
export const greeting = async (fleet: Fleet, address: string, port: number, timeoutMs: number): Promise<Greeting> => {
  const socket = await fleet.dial(address, port, { timeoutMs }).catch(() => undefined)
  if (!socket) return 'none'
  return await new Promise((done) => {
    const finish = (what: Greeting): void => {
      clearTimeout(timer)
      socket.on('error', () => undefined)
      socket.destroy()
      done(what)
    }
    const timer = setTimeout(() => finish('silent'), timeoutMs)
    socket.once('data', () => finish('greets'))
    socket.once('error', () => finish('none'))
    socket.once('close', () => finish('none'))
    socket.resume()
  })
}

/** Another one after each boot, of a machine made by quorate too. Undefined when the machine does not answer in time. */
export const bootIdOf = async (machine: Machine, timeoutMs: number): Promise<string | undefined> => {
  const result = await machine.exec(['cat', '/proc/sys/kernel/random/boot_id'], { timeoutMs }).catch(() => undefined)
  return result?.stdout.trim() || undefined
}
