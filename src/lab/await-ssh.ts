import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '../model/problem.js'
import { consoleTail, isRunning } from './container.js'
import type { LabPaths } from './paths.js'
import { dialThroughRelay } from './relay.js'

const bootDeadlineMs = 60_000
/** Short: a SYN that was sent before the machine had its address is repeated by the kernel only after 1 s, a new attempt is made at once. */
const attemptMs = 300
export const sshPort = 22

/**
 * Waits until sshd says its name: an open port alone may be systemd's, before sshd runs. Throws Fault Q3503 with the end of the console after 60 s, or as
 * soon as the machine's container has ended.
 */
export const awaitSsh = async (paths: LabPaths, machine: string, address: string, signal?: AbortSignal): Promise<void> => {
  const startedMs = performance.now()
  const passedMs = (): number => performance.now() - startedMs
  while (passedMs() < bootDeadlineMs) {
    signal?.throwIfAborted()
    // A loaded machine may need longer than one short attempt to greet.
    if (await greeting(paths, address, passedMs() < 5000 ? attemptMs : 2000)) return
    if (!(await isRunning(paths, machine))) break
    await sleep(30)
  }
  const seconds = Math.round(passedMs() / 1000)
  throw fault('Q3503', { seconds, console: await consoleTail(paths, machine), log: paths.machine(machine).console }, { machine })
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
