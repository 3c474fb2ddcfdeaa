import type { Operation, WatchEvent } from '../../history/types.js'
import type { ProbeClass } from '../faults/fault.js'

export interface Door {
  host: string
  port: number
}

export interface Target {
  /** `endpoint`, or the machine's name. */
  name: string
  /** Where it may be reached. Of several, a client that finds one shut goes on to the next, and stays with the one that opened. */
  doors: readonly Door[]
}

/** First line on the prober's standard input: keys travel there and nowhere else. */
export interface ProberConfig {
  v: 1
  endpoint: Target
  apiServers: Target[]
  /** PEM texts. */
  tls: { ca: string; cert: string; key: string }
  /** Name that every API server's certificate carries. */
  serverName: string
  namespace: string
  /** Unique to this drill; the names of all objects begin with it. */
  run: string
  rates: {
    newHz: number
    keptHz: number
    http2Hz: number
    directHz: number
    writeHz: number
    readHz: number
    watchHz: number
    workHz: number
  }
  deadlines: { connectMs: number; totalMs: number; pingIdleMs: number; pingMs: number; staleMs: number }
}

/**
 * New connections are what outages are judged by. The other classes are asked less often, as often as their own limits need: together they
 * must leave the API servers of a small computer room to answer, or the drill measures itself.
 */
export const defaultRates: ProberConfig['rates'] = {
  newHz: 50,
  keptHz: 5,
  http2Hz: 5,
  directHz: 2,
  writeHz: 20,
  readHz: 5,
  watchHz: 20,
  workHz: 1,
}

/** A dead connection must be given up before the kernel's own patience begins to matter: its first SYN is repeated after 1 s. */
export const defaultDeadlines: ProberConfig['deadlines'] = { connectMs: 500, totalMs: 2000, pingIdleMs: 1000, pingMs: 1000, staleMs: 500 }

/** One class that the prober serves: what it is called in records, and how often it is due. */
export interface ClassHead {
  key: string
  probe: ProbeClass
  /** Which server, where a class is asked of several. */
  server?: string
  intervalMs: number
}

/** Further lines on standard input. */
export type Order =
  /** A new set of keys: `<run>-<set>-...`. Reading and writing go on with it. */
  | { do: 'set'; set: string }
  /** No more operations; the last ones are waited for, watchers brought to the end, and for one that is not open so long. Answered by `quiet`. */
  | { do: 'quiet'; openWithinMs: number }
  | { do: 'stop' }

/** class, due, took, why ('' = answered), retry (1 answered, 0 not, -1 none made), void. Times in ms of the monotonic clock. */
export type SampleRow = [key: string, atMs: number, tookMs: number, why: string, retry: 1 | 0 | -1, void_: 0 | 1]

/** Lines on standard output. */
export type Line =
  | { classes: ClassHead[] }
  | { set: string; prefix: string }
  | { s: SampleRow[] }
  | { op: Operation }
  | { w: WatchEvent }
  /** The set is at rest. `unended` = watchers that have not seen everything up to the last write. */
  | { quiet: string; unended: string[] }
  | {
      own: {
        atMs: number
        cpuMs: number
        rssBytes: number
        delayP99Ms: number
        delayMaxMs: number
        stalls: [number, number][]
        dropped: number
      }
    }
  | { problem: string }
