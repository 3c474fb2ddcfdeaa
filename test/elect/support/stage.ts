import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ElectorProcess } from './elector-process.js'
import { isAlive, signal } from './family.js'
import { FencedResource } from './fenced-resource.js'

/** One time of COMMAND running, seen from outside. */
export interface Run {
  token: bigint
  pid: number
  firstNs: bigint
  lastNs: bigint
}

export type Fault = 'clean' | 'kill' | 'kill both' | 'freeze' | 'freeze both' | 'partition' | 'freeze all'

export interface Takeover {
  fault: Fault
  from: bigint
  to: bigint
  /** From the fault to the moment in which another elector had the lock. */
  electedMs: number
  /** From the fault to the first sign of life of the next COMMAND. */
  ms: number
  /** From the last sign of life of the old one to the first of the new one. Negative = both were alive. */
  gapMs: number
}

const ms = (ns: bigint): number => Number(ns) / 1e6

/** Electors of one lock, each with its own way to the store, and COMMANDs that are watched from outside. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorate-elect-'))
  readonly resource = new FencedResource(join(this.directory, 'resource'))
  readonly beats = join(this.directory, 'beats')
  readonly electors: ElectorProcess[] = []
  readonly takeovers: Takeover[] = []
  /** Everybody that was ever started, to leave nothing behind. */
  readonly #family = new Set<number>()

  constructor(
    private readonly flagsOf: (place: number) => readonly string[],
    private readonly cut: (place: number) => void,
    private readonly heal: (place: number) => void,
  ) {}

  start(place: number): void {
    const worker = join(import.meta.dirname, 'worker.mjs')
    const command = [process.execPath, '--max-old-space-size=32', worker, this.beats, this.resource.path]
    this.electors[place] = new ElectorProcess([...this.flagsOf(place), '--identity', `place-${place}`, '--', ...command], { STUBBORN: '1' })
  }

  /** All times of running so far, in the order of their tokens. */
  runs(): Run[] {
    const byToken = new Map<bigint, Run>()
    let text = ''
    try {
      text = readFileSync(this.beats, 'utf8')
    } catch {
      return []
    }
    for (const line of text.split('\n')) {
      const [token, pid, at] = line.split(' ')
      if (!token || !at) continue
      const known = byToken.get(BigInt(token))
      if (!known) byToken.set(BigInt(token), { token: BigInt(token), pid: Number(pid), firstNs: BigInt(at), lastNs: BigInt(at) })
      else if (known.pid !== Number(pid)) throw new Error(`two processes with token ${token}`)
      else known.lastNs = BigInt(at)
    }
    return [...byToken.values()].sort((a, b) => (a.token < b.token ? -1 : 1))
  }

  async #waitFor<T>(what: string, look: () => T | undefined, limitMs = 60_000): Promise<T> {
    const limit = Date.now() + limitMs
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (Date.now() > limit) {
        const said = this.electors.map((one) => JSON.stringify(one.said.slice(-5)) + one.stderr)
        throw new Error(`waited in vain for ${what}\n${said.join('\n')}`)
      }
      await new Promise((done) => setTimeout(done, 5))
    }
  }

  /** Place of the elector whose COMMAND was elected last and writes to the resource. */
  async active(after = 0n): Promise<{ place: number; token: bigint }> {
    return this.#waitFor('somebody active', () => {
      // Not the last words of one that was thawed just now: those are refused.
      const last = this.resource.writes.findLast((write) => write.accepted)
      if (!last || last.token <= after) return undefined
      const place = this.electors.findIndex((one) => one.active && one.said.some((said) => said.token === String(last.token)))
      return place < 0 ? undefined : { place, token: last.token }
    })
  }

  /** Does one thing to whoever is active, waits for the next one, and makes everything whole again. */
  async takeover(fault: Fault): Promise<Takeover> {
    const { place, token } = await this.active()
    const elector = this.electors[place] as ElectorProcess
    const { guards, workers } = elector.family()
    for (const pid of [elector.pid, ...guards, ...workers]) this.#family.add(pid)
    const startNs = process.hrtime.bigint()
    const startMs = Date.now()
    if (fault === 'clean') elector.process.kill('SIGTERM')
    if (fault === 'kill') elector.process.kill('SIGKILL')
    if (fault === 'kill both') signal([elector.pid, ...guards], 'SIGKILL')
    if (fault === 'freeze') elector.process.kill('SIGSTOP')
    if (fault === 'freeze all') signal([elector.pid, ...guards, ...workers], 'SIGSTOP')
    if (fault === 'partition' || fault === 'freeze both') this.cut(place)
    // Its watchdog hangs and it is cut off: then the elector itself has to do it.
    if (fault === 'freeze both') signal(guards, 'SIGSTOP')

    const next = await this.active(token)
    if (fault.startsWith('freeze')) signal([elector.pid, ...guards, ...workers], 'SIGCONT')
    this.heal(place)
    await this.#waitFor('the old one to be gone', () => (workers.some(isAlive) ? undefined : true))
    if (!elector.running || fault === 'clean' || fault.startsWith('kill')) {
      await elector.exit
      this.start(place)
    }
    const runs = this.runs()
    const before = runs.find((one) => one.token === token) as Run
    const after = runs.find((one) => one.token === next.token) as Run
    const elected = this.electors.flatMap((one) => one.said).find((one) => one.type === 'elected' && one.token === String(next.token))
    const electedMs = Date.parse(String(elected?.time)) - startMs
    const done = {
      fault,
      from: token,
      to: next.token,
      electedMs,
      ms: ms(after.firstNs - startNs),
      gapMs: ms(after.firstNs - before.lastNs),
    }
    this.takeovers.push(done)
    return done
  }

  async stop(): Promise<void> {
    for (const one of this.electors) {
      const { guards, workers } = one.family()
      for (const pid of [...guards, ...workers]) this.#family.add(pid)
      await one.end()
    }
    signal([...this.#family], 'SIGCONT')
    this.resource.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  get family(): number[] {
    return [...this.#family]
  }
}
