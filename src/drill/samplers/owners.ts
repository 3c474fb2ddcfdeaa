import type { Fleet } from '../../machine/fleet.js'
import type { Cluster } from '../../model/cluster.js'
import { type Interval, monotonicMs } from '../samples.js'
import { keepAgent } from './agent.js'
import type { MachineClock } from './clock.js'
import { ownerScript } from './owner-script.js'

/** Longest silence of a machine that holds the address before it counts as gone: it tells 20 times a second. */
const beatMs = 50
const silentMs = 2500
/**
 * The kernel's creation stamps count from its first tick, some tenths of a second before its monotonic clock began. Taken this much
 * later, a stamp can make a gap look longer by as much, and never makes two holders out of one.
 */
const stampErrorMs = 500

interface Held {
  fromMs: number
  toMs: number
  /** False once it was told to be gone. */
  open: boolean
}

/** What one machine told of one address. */
export class Ownership {
  readonly held: Held[] = []
  /** Last word of any kind. */
  heardMs = Number.NEGATIVE_INFINITY
  /** A session has begun and has not yet told whether the address is here. */
  #fresh = true

  line(line: string, clock: MachineClock, nowMs = monotonicMs()): void {
    const [word, at = '', more] = line.split(' ')
    const theirsMs = Number(at)
    if (Number.isNaN(theirsMs)) return
    if (word === 'hello' || word === '+' || word === '-' || word === '.') clock.heard(theirsMs, word === 'hello', nowMs)
    else return
    const atMs = clock.toOurs(theirsMs)
    this.heardMs = atMs
    const last = this.held.at(-1)
    if (word === 'hello') this.#fresh = true
    if (word === '+') this.#here(atMs, more === undefined ? undefined : clock.toOurs(Number(more)))
    else if (word === '-' && last?.open) {
      // The first word of a new session: the address went with whatever ended the one before, a loss of power mostly, and not now.
      if (!this.#fresh) last.toMs = atMs
      last.open = false
    } else if (word === '.' && more === '1' && last?.open) last.toMs = atMs
    if (word === '+' || word === '-') this.#fresh = false
  }

  #here(atMs: number, stampMs: number | undefined): void {
    const last = this.held.at(-1)
    // Found after a silence, and older than the silence: it was never away.
    if (last?.open && stampMs !== undefined && stampMs <= last.toMs + beatMs) {
      last.toMs = atMs
      return
    }
    if (last) last.open = false
    const sinceMs = stampMs === undefined ? atMs : Math.min(atMs, stampMs + stampErrorMs)
    this.held.push({ fromMs: Math.max(sinceMs, last?.toMs ?? sinceMs), toMs: atMs, open: true })
  }

  holds(nowMs = monotonicMs()): boolean {
    const last = this.held.at(-1)
    return last?.open === true && nowMs - last.toMs < 1000
  }
}

export interface OwnerSampler {
  /** Who held the address when; label = machine. */
  intervals(): Interval[]
  holder(): string | undefined
  /** Machines that told nothing for the last two seconds. */
  silent(): string[]
}

/** Watches one address on all machines, until the signal. A machine that dies ends its interval with its last word. */
export const sampleOwners = (
  cluster: Cluster,
  fleet: Fleet,
  address: string,
  clockOf: (machine: string) => MachineClock,
  signal: AbortSignal,
): OwnerSampler => {
  const owners = new Map(cluster.machines.map((m) => [m.name, new Ownership()]))
  for (const [name, own] of owners) {
    const clock = clockOf(name)
    void keepAgent({
      machine: fleet.machine(name),
      script: () => ownerScript(address),
      onLine: (line) => own.line(line, clock),
      silentMs,
      signal,
    })
  }
  return {
    intervals: () =>
      [...owners]
        .flatMap(([label, own]) => own.held.map(({ fromMs, toMs, open }) => ({ fromMs, toMs: open ? toMs + beatMs : toMs, label })))
        .sort((a, b) => a.fromMs - b.fromMs),
    holder: () => {
      const nowMs = monotonicMs()
      return [...owners]
        .filter(([, own]) => own.holds(nowMs))
        .sort(([, a], [, b]) => (b.held.at(-1)?.fromMs ?? 0) - (a.held.at(-1)?.fromMs ?? 0))[0]?.[0]
    },
    silent: () => [...owners].filter(([, own]) => monotonicMs() - own.heardMs > 2000).map(([name]) => name),
  }
}
