import type { SecureContext } from 'node:tls'
import { monotonicMs } from '../samples.js'
import { AtWork } from './at-work.js'
import { keptConnections, newConnection, type Patience } from './clients.js'
import type { Server } from './connect.js'
import { Http2Client } from './http2.js'
import { Ledger } from './ledger.js'
import type { ClassHead, Line, ProberConfig, Target } from './protocol.js'
import { reader } from './reader.js'
import { Schedule } from './schedule.js'
import { Stalls } from './stalls.js'
import { WatchClass } from './watch-class.js'
import { Watcher } from './watcher.js'
import { Work } from './work.js'

/** A late tick up to this is the grain of timers and not a stall. */
const leastStallMs = 10
const tellMs = 100
/** A watch that is open and does not deliver for this long has lost what it owes. TCP may wait half a minute for its next try after some seconds of loss. */
const watchersMs = 60_000
/** Kept connections to one server: at 10 Hz enough for answers that take 400 ms. */
const keptPool = 4
const ownMs = 1000
/** A read of one object by its key: an API server asks etcd for it and has quorum confirm, so the whole path is on trial. */
const readPath = '/api/v1/namespaces/default'

/** All classes of one prober, their schedule, and what they tell. Begins at once; sets of objects come and go meanwhile. */
export class Probing {
  readonly #stalls = new Stalls(leastStallMs)
  readonly #schedule = new Schedule(this.#stalls)
  readonly #ledger = new Ledger(this.#stalls)
  readonly #clients: { close(): void }[] = []
  readonly #timers: NodeJS.Timeout[] = []
  readonly #watchers: Watcher[]
  readonly #watchClass: WatchClass
  readonly #work: Work
  #cpu = process.cpuUsage()
  #set: string | undefined

  constructor(
    private readonly config: ProberConfig,
    context: SecureContext,
    private readonly say: (line: Line) => void,
  ) {
    const { rates, deadlines } = config
    const patience: Patience = deadlines
    const { totalMs } = deadlines
    const serverOf = ({ doors }: Target): Server => ({ doors, context, serverName: config.serverName })
    const endpoint = serverOf(config.endpoint)
    const direct = config.apiServers.map((one) => ({ name: one.name, server: serverOf(one) }))
    const heads: ClassHead[] = []
    const head = (key: string, probe: ClassHead['probe'], hz: number, server?: string): ClassHead => {
      const one = { key, probe, intervalMs: 1000 / Math.max(hz, 1e-9), ...(server === undefined ? {} : { server }) }
      if (hz > 0) heads.push(one)
      return one
    }
    const read = { method: 'GET', path: readPath, host: config.serverName }
    const kept = keptConnections(keptPool, endpoint, patience)
    const http2 = new Http2Client(endpoint, patience)
    this.#clients.push(kept, http2)
    const schedule = this.#schedule
    schedule.add(
      rates.newHz,
      reader(head('new', 'new connection', rates.newHz), newConnection(endpoint, patience), read, this.#ledger, { totalMs, retry: true }),
    )
    schedule.add(rates.keptHz, reader(head('kept', 'kept connection', rates.keptHz), kept, read, this.#ledger, { totalMs }))
    schedule.add(rates.http2Hz, reader(head('http2', 'HTTP/2 with ping', rates.http2Hz), http2, read, this.#ledger, { totalMs }))
    for (const { name, server } of direct) {
      // One connection would make a slow server look dead: each answer would wait for those before it.
      const client = keptConnections(keptPool, server, patience)
      this.#clients.push(client)
      const own = head(`direct-${name}`, 'API server directly', rates.directHz, name)
      schedule.add(rates.directHz, reader(own, client, read, this.#ledger, { totalMs }))
    }
    this.#watchers = [{ name: 'endpoint', server: endpoint }, ...direct].map(
      ({ name, server }) =>
        new Watcher({
          name,
          server,
          patience,
          totalMs,
          namespace: config.namespace,
          onEvent: (event) => say({ w: event }),
          ...(name === 'endpoint' ? { onValue: (value: string) => this.#watchClass.delivered(value) } : {}),
        }),
    )
    const watcher = this.#watchers[0] as Watcher
    this.#watchClass = new WatchClass(head('watch', 'watch', rates.watchHz), watcher, this.#ledger, deadlines.staleMs)
    schedule.add(rates.watchHz, (dueMs) => this.#watchClass.fire(dueMs))
    this.#work = new Work({
      server: endpoint,
      direct,
      patience,
      totalMs,
      namespace: config.namespace,
      head: head('writes', 'writes', rates.writeHz),
      ledger: this.#ledger,
      onOperation: (op) => say({ op }),
      onBegun: (value) => this.#watchClass.begun(value),
      onAcknowledged: (revision) => this.#watchClass.acknowledged(revision),
    })
    schedule.add(rates.writeHz, (dueMs) => this.#work.write(dueMs))
    schedule.add(rates.readHz, () => this.#work.read())
    const canary = new Http2Client(endpoint, patience)
    this.#clients.push(canary)
    const { namespace, run } = config
    const atWork = new AtWork({ client: canary, server: endpoint, namespace, run, totalMs, ledger: this.#ledger })
    const manager = head('controller-manager', 'controller-manager at work', rates.workHz)
    const scheduler = head('scheduler', 'scheduler at work', rates.workHz)
    schedule.add(rates.workHz, (dueMs) => atWork.controllerManager(manager, dueMs))
    schedule.add(rates.workHz, (dueMs) => atWork.scheduler(scheduler, dueMs))
    say({ classes: heads })
    schedule.start()
    this.#timers.push(
      setInterval(() => this.#tell(), tellMs),
      setInterval(() => this.#tellOwn(), ownMs),
    )
  }

  /** Ends the set that is in use, if one is, and begins another. Operations begin once the watches stand, or after 3 s without them. */
  async beginSet(set: string): Promise<{ prefix: string }> {
    if (this.#set !== undefined) await this.quiet(0)
    const name = `${this.config.run}-${set}`
    await Promise.all(this.#watchers.map((one) => one.begin(name, 3000)))
    this.#set = name
    this.#watchClass.begin()
    this.#work.begin(name)
    return { prefix: `${name}-` }
  }

  async quiet(openWithinMs: number): Promise<{ quiet: string; unended: string[] }> {
    const set = this.#set
    if (set === undefined) return { quiet: '', unended: [] }
    this.#set = undefined
    const fence = await this.#work.end()
    this.#watchClass.end()
    const ends = await Promise.all(this.#watchers.map((one) => one.end(fence, { openWithinMs, deliverWithinMs: watchersMs })))
    this.#tell()
    return { quiet: set, unended: this.#watchers.filter((_, i) => !ends[i]).map((one) => one.name) }
  }

  stop(): void {
    this.#schedule.stop()
    for (const timer of this.#timers) clearInterval(timer)
    this.#tell()
    this.#tellOwn()
    for (const one of [...this.#clients, ...this.#watchers, this.#work]) one.close()
    this.#stalls.close()
  }

  #tell(): void {
    const rows = this.#ledger.take()
    if (rows.length > 0) this.say({ s: rows })
  }

  #tellOwn(): void {
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpu = process.cpuUsage()
    this.say({
      own: {
        atMs: monotonicMs(),
        cpuMs: (user + system) / 1000,
        rssBytes: process.memoryUsage.rss(),
        ...this.#stalls.take(),
        dropped: this.#ledger.dropped,
      },
    })
    this.#work.tidy()
  }
}
