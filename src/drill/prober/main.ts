import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { createSecureContext } from 'node:tls'
import { monotonicMs } from '../samples.js'
import { Probing } from './probing.js'
import type { Line, Order, ProberConfig } from './protocol.js'

/**
 * The program of the prober: a process of its own, so that what the drill does besides does not disturb what is measured. Configuration
 * and orders come on standard input, one JSON value a line; what was seen goes to standard output in the same way. It ends when its
 * standard input does, that is when the drill ends, however that happens.
 */
const say = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

// Who reads is gone: nothing is left to be measured.
process.stdout.on('error', () => process.exit(0))
process.stdin.on('error', () => process.exit(0))
// Ctrl-C reaches the whole process group; the drill decides when its prober may go.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('uncaughtException', (error) => say({ problem: error.stack ?? error.message }))
process.on('unhandledRejection', (error) => say({ problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
try {
  // A measuring instrument that waits for a processor measures that instead.
  setPriority(0, constants.priority.PRIORITY_HIGH)
} catch {
  // Needs a privilege that not everyone has; the stalls tell what it costs to be without.
}

let probing: Probing | undefined
let last: Promise<void> = Promise.resolve()

const start = (config: ProberConfig): Probing => {
  const { ca, cert, key } = config.tls
  const context = createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' })
  return new Probing(config, context, say)
}

const obey = async (order: Order): Promise<void> => {
  if (!probing) return
  if (order.do === 'set') say({ set: order.set, ...(await probing.beginSet(order.set)) })
  else if (order.do === 'quiet') say(await probing.quiet(order.openWithinMs))
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const value = JSON.parse(line) as ProberConfig | Order
  if (!('do' in value)) {
    probing = start(value)
    return
  }
  if (value.do === 'stop') {
    probing?.stop()
    process.stdout.write('', () => process.exit(0))
    return
  }
  last = last.then(() => obey(value)).catch((error: Error) => say({ problem: error.stack ?? error.message }))
})
lines.on('close', () => process.exit(0))
// For whom standard input stays open in a sibling: without a parent there is no drill either.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.exit(0)
}, 500).unref()
say({ own: { atMs: monotonicMs(), cpuMs: 0, rssBytes: 0, delayP99Ms: 0, delayMaxMs: 0, stalls: [], dropped: 0 } })
