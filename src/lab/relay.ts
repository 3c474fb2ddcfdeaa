import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '../model/problem.js'
import { packageProgram } from '../package.js'
import { inNamespace } from './network.js'
import { isAlive, type OwnedProcess, startTimeOf } from './owned-process.js'
import type { LabPaths } from './paths.js'

export interface RelayState extends OwnedProcess {
  /** On 127.0.0.1 of this computer; leads to the cluster's endpoint. */
  port: number
  /** What it leads to, as HOST:PORT; of several, whoever answers first. */
  endpoint: string
}

export const readRelay = async (paths: LabPaths): Promise<RelayState | undefined> => {
  try {
    return JSON.parse(await readFile(paths.relayState, 'utf8')) as RelayState
  } catch {
    return undefined
  }
}

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })

/** Starts the relay of a lab unless it runs. A restarted relay keeps its port where it can, so kubeconfigs stay right. */
export const startRelay = async (paths: LabPaths, endpoints: readonly { address: string; port: number }[]): Promise<RelayState> => {
  const known = await readRelay(paths)
  const leadsTo = endpoints.map(({ address, port }) => `${address}:${port}`).join(',')
  if (known && (await isAlive(known))) {
    if (known.endpoint === leadsTo) return known
    // The file names another endpoint now.
    await stopRelay(paths)
  }
  await rm(paths.relaySocket, { force: true })
  const server = await listen(known?.port ?? 0).catch(() => listen(0))
  const port = (server.address() as { port: number }).port
  // The listener must be the computer's own, the process must be inside: so it is opened here and inherited.
  const fd = (server as unknown as { _handle: { fd: number } })._handle.fd
  const [program = 'nsenter', ...enter] = inNamespace(paths)
  const log = openSync(`${paths.dir}/relay.log`, 'a', 0o600)
  const argv = [
    ...enter,
    process.execPath,
    '--max-old-space-size=64',
    packageProgram('lab/relay-main'),
    paths.relaySocket,
    ...endpoints.flatMap(({ address, port }) => [address, String(port)]),
  ]
  const child = spawn(program, argv, { detached: true, stdio: ['ignore', log, log, fd] })
  closeSync(log)
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  child.unref()
  server.close()
  const pid = child.pid ?? (await failed)
  const state = { pid, start: (await startTimeOf(pid)) ?? '', port, endpoint: leadsTo }
  await writeFile(`${paths.relayState}.new`, JSON.stringify(state), { mode: 0o600 })
  await rename(`${paths.relayState}.new`, paths.relayState)
  return state
}

export const stopRelay = async (paths: LabPaths): Promise<void> => {
  const known = await readRelay(paths)
  if (known && (await isAlive(known))) process.kill(known.pid, 'SIGKILL')
  await rm(paths.relaySocket, { force: true })
  await rm(paths.relayState, { force: true })
}

/** A connection into the lab's network. Throws Fault Q3010 when nobody answers within timeoutMs. */
export const dialThroughRelay = async (
  paths: LabPaths,
  host: string,
  port: number,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<Duplex> => {
  const endMs = performance.now() + options.timeoutMs
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      return await dialOnce(paths, host, port, Math.max(1, endMs - performance.now()), options.signal)
    } catch (error) {
      // The relay itself needs a moment after its start; what it answers about the other side is final.
      if (!isStarting(error) || performance.now() + 50 > endMs) throw error
      await sleep(30)
    }
  }
}

const isStarting = (error: unknown): boolean => {
  const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}

const dialOnce = (paths: LabPaths, host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const socket = connect(paths.relaySocket)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      for (const name of ['data', 'end', 'error']) socket.removeAllListeners(name)
    }
    const fail = (why: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(why)
    }
    const refuse = (reason: string, cause?: unknown): void => fail(fault('Q3010', { host, port, reason }, { cause }))
    const onAbort = (): void => fail(signal?.reason)
    // The relay has the same deadline; ours is a little later, so its reason is the one that is told.
    const timer = setTimeout(() => refuse(`no answer within ${Math.round(timeoutMs)} ms`), timeoutMs + 200)
    signal?.addEventListener('abort', onAbort, { once: true })
    let head = Buffer.alloc(0)
    socket.once('error', (error) => refuse(error.message, error))
    socket.once('end', () => refuse('the relay closed the connection'))
    socket.once('connect', () => socket.write(`${host} ${port} ${Math.ceil(timeoutMs)}\n`))
    socket.on('data', (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf(10)
      if (end < 0) return
      const answer = head.subarray(0, end).toString('utf8')
      if (answer !== 'ok') return refuse(answer.replace(/^error /, ''))
      settle()
      socket.pause()
      if (head.length > end + 1) socket.unshift(head.subarray(end + 1))
      resolve(socket)
    })
  })
