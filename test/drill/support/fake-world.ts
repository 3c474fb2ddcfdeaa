import { defaultCluster } from '../../../src/config/init.js'
import { timingOf } from '../../../src/config/timing.js'
import type { FaultSpec } from '../../../src/drill/faults/fault.js'
import { monotonicMs, type Sample, type Series } from '../../../src/drill/samples.js'
import type { DrillWorld, FaultInHand, Sink, Watcher } from '../../../src/drill/world.js'
import type { FinalState, Operation } from '../../../src/history/index.js'
import type { CheckResult } from '../../../src/model/check.js'

/** What one fault does to the fake cluster. */
export interface Script {
  /** Requests fail for this long after the order to break; Infinity = until it is mended. */
  outageMs?: number
  /** False = broken by order, but never seen to be. */
  proven?: boolean
  undoProven?: boolean
  /** An acknowledged write is missing at the end. */
  loses?: boolean
  /** Claims hold again this long after mending; Infinity = never. */
  redundancyMs?: number
  injectFails?: string
  seenClaims?: readonly string[]
  onInject?: () => void
}

const intervalMs = 20
export const cluster = defaultCluster()

/** A cluster that exists only as arithmetic on the clock; runner, records and verdicts are the real ones. */
export class FakeWorld implements DrillWorld {
  readonly cluster = cluster
  readonly timing = timingOf(cluster)
  readonly computer = { lab: true, cpus: 2, cpuModel: 'x', memoryBytes: 1e9, kernel: '6', os: 'Debian', node: 'v20' }
  readonly mayHold = ['lb-1', 'lb-2']
  readonly done: string[] = []
  leftovers: string[] = []
  healthy = true
  #sink: Sink | undefined
  #outages: { fromMs: number; toMs: number }[] = []
  #open: { script: Script; brokenMs?: number; mendedMs?: number } | undefined
  #set: { prefix: string; timer: NodeJS.Timeout; final: FinalState } | undefined
  #revision = 100
  #end: (why: string) => void = () => {}

  constructor(readonly scripts: Record<string, Script>) {}

  killWatcher(why: string): void {
    this.#end(why)
  }

  async watch(sink: Sink): Promise<Watcher> {
    this.#sink = sink
    const beganMs = monotonicMs()
    return {
      beginSet: async (set) => {
        const prefix = `${set}-`
        const final: FinalState = { source: '', revision: this.#revision, items: {} }
        this.#set = { prefix, final, timer: setInterval(() => this.#write(), 10) }
        for (const watcher of ['w'])
          sink.watchEvent({ watcher, seq: 1, type: 'started', key: prefix, revision: this.#revision, atMs: monotonicMs() })
        this.#seq = 1
        return { prefix }
      },
      quiet: async () => {
        clearInterval(this.#set?.timer)
        sink.watchEvent({ watcher: 'w', seq: ++this.#seq, type: 'ended', key: '', revision: this.#revision, atMs: monotonicMs() })
        return []
      },
      series: (fromMs, toMs) => [this.#series(Math.max(fromMs, beganMs), toMs)],
      intervals: () => ({
        owners: [{ fromMs: beganMs, toMs: monotonicMs(), label: 'lb-1' }],
        leaders: [{ name: 'etcd leader', intervals: [{ fromMs: beganMs, toMs: monotonicMs(), label: 'cp-2' }] }],
      }),
      roles: async () => ({
        etcdLeader: 'cp-2',
        virtualIpHolder: 'lb-1',
        controllerManager: 'cp-1',
        scheduler: 'cp-3',
        apiServer: 'cp-1',
        apiServers: ['cp-1', 'cp-2', 'cp-3'],
        dns: ['w-1', 'w-2'],
      }),
      forget: () => {},
      blind: () => [],
      ended: new Promise((resolve) => {
        this.#end = resolve
      }),
      stop: async () => clearInterval(this.#set?.timer),
    }
  }

  #seq = 0
  #count = 0

  #write(): void {
    if (!this.#set || this.#failingAt(monotonicMs())) return
    const { prefix, final } = this.#set
    const n = ++this.#count
    const revision = ++this.#revision
    const atMs = monotonicMs()
    const key = `${prefix}s${n}`
    const operation: Operation = {
      id: `o${n}`,
      client: 'c1',
      kind: 'create',
      key,
      value: `v${n}`,
      startMs: atMs - 0.5,
      endMs: atMs,
      outcome: 'ok',
      revision,
      endpoint: 'virtual-ip',
    }
    this.#sink?.operation(operation)
    this.#sink?.operation({
      ...operation,
      id: `r${n}`,
      client: 'c2',
      kind: 'read',
      startMs: atMs,
      endMs: atMs + 0.1,
      observedValue: `v${n}`,
      storeRevision: revision,
    })
    this.#sink?.watchEvent({ watcher: 'w', seq: ++this.#seq, type: 'added', key, value: `v${n}`, revision, atMs })
    final.revision = revision
    final.items[key] = { value: `v${n}`, revision }
  }

  #failingAt(atMs: number): boolean {
    return this.#outages.some((one) => atMs >= one.fromMs && atMs < one.toMs)
  }

  #series(fromMs: number, toMs: number): Series {
    const samples: Sample[] = []
    for (let atMs = Math.ceil(fromMs / intervalMs) * intervalMs; atMs < toMs; atMs += intervalMs) {
      const ok = !this.#failingAt(atMs)
      samples.push({ atMs, tookMs: 2, ok, ...(ok ? {} : { why: 'connect refused' }) })
    }
    return { probe: 'new connection', intervalMs, ownDelayMs: 1, samples }
  }

  async open(spec: FaultSpec): Promise<FaultInHand> {
    const script = this.scripts[spec.id] ?? {}
    const state: { script: Script; brokenMs?: number; mendedMs?: number } = { script }
    this.#open = state
    this.done.push(`open ${spec.id}`)
    return {
      prepare: async () => undefined,
      inject: async () => {
        if (script.injectFails) throw new Error(script.injectFails)
        const atMs = monotonicMs()
        state.brokenMs = atMs
        if (script.outageMs) this.#outages.push({ fromMs: atMs, toMs: atMs + script.outageMs })
        this.done.push(`inject ${spec.id}`)
        script.onInject?.()
        return { atMs }
      },
      awaitEffect: async () => ({
        proven: script.proven ?? true,
        says: script.proven === false ? 'pid 7 still there' : 'pid 7 gone',
        atMs: monotonicMs(),
      }),
      undo: async () => {
        const atMs = monotonicMs()
        for (const one of this.#outages) one.toMs = Math.min(one.toMs, atMs + 60)
        this.done.push(`undo ${spec.id}`)
        return { atMs }
      },
      awaitUndone: async () => {
        state.mendedMs = monotonicMs()
        return { proven: script.undoProven ?? true, says: 'pid 9 runs', atMs: state.mendedMs }
      },
    }
  }

  predict(spec: FaultSpec): ReturnType<DrillWorld['predict']> {
    const worstMs = spec.control === 'must-fail' ? null : 150
    return { headline: { probe: 'new connection', worstMs, formula: 'fixed' }, budgets: {} }
  }

  #claims(): CheckResult[] {
    const state = this.#open
    const backMs = state?.mendedMs === undefined ? Number.NEGATIVE_INFINITY : state.mendedMs + (state.script.redundancyMs ?? 0)
    const holds = this.healthy && monotonicMs() >= backMs
    return [{ id: 'etcd/members', claim: 'all members vote', verdict: holds ? 'True' : 'False', evidence: holds ? '3 of 3' : '2 of 3' }]
  }

  async check(only?: readonly string[]): Promise<CheckResult[]> {
    if (!only) return this.#claims()
    const seen = this.#open?.script.seenClaims ?? []
    return only.map((id) => ({ id, claim: id, verdict: seen.includes(id) ? 'False' : 'True', evidence: '' }))
  }

  async waitForClaims(deadlineMs: number, signal: AbortSignal): Promise<{ ok: boolean; results: CheckResult[] }> {
    const endMs = monotonicMs() + Math.min(deadlineMs, 400)
    for (;;) {
      if (signal.aborted) throw signal.reason
      const results = this.#claims()
      const ok = results.every((one) => one.verdict === 'True')
      if (ok || monotonicMs() > endMs) return { ok, results }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  finalSources(): ReturnType<DrillWorld['finalSources']> {
    return ['apiserver cp-1', 'etcd cp-1', 'etcd cp-2'].map((name) => ({
      name,
      read: async () => {
        const { final } = this.#set ?? { final: { source: name, revision: 0, items: {} } }
        const items = { ...final.items }
        const first = Object.keys(items)[0]
        if (this.#open?.script.loses && name === 'etcd cp-2' && first) delete items[first]
        const told = name.startsWith('etcd')
          ? Object.fromEntries(Object.entries(items).map(([k, { revision }]) => [k, { revision }]))
          : items
        return { source: name, revision: final.revision, items: told }
      },
    }))
  }

  hashSources(): ReturnType<DrillWorld['hashSources']> {
    return ['cp-1', 'cp-2'].map((member) => ({ member, hash: async () => ({ revision: this.#revision, hash: 'abc', compacted: 0 }) }))
  }

  async heal(): Promise<string[]> {
    this.done.push('heal')
    return this.leftovers.splice(0)
  }
}
