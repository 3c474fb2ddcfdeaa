import type { EtcdClient } from '../../client/etcd.js'
import { type Interval, monotonicMs } from '../samples.js'

const intervalMs = 200
const deadlineMs = 1000

export interface MemberSight {
  machine: string
  atMs: number
  answered: boolean
  memberId?: string
  /** '0' = it knows no leader. */
  leaderId?: string
  term?: number
  isLearner?: boolean
}

/** Who leads, as the members tell it: the leader named by the highest term that was seen lately. */
export class LeaderRecord {
  readonly #sights = new Map<string, MemberSight>()
  readonly #names = new Map<string, string>()
  readonly held: (Interval & { term: number })[] = []
  /** Terms that began since the first one seen. */
  elections = 0
  #term = 0

  see(sight: MemberSight): void {
    this.#sights.set(sight.machine, sight)
    if (sight.memberId !== undefined) this.#names.set(sight.memberId, sight.machine)
    if (!sight.answered || sight.term === undefined) return
    if (sight.term > this.#term) {
      if (this.#term > 0) this.elections += sight.term - this.#term
      this.#term = sight.term
    }
    // What an old term says is over, whoever still believes it.
    if (sight.term < this.#term) return
    const leader = sight.leaderId === undefined || sight.leaderId === '0' ? undefined : (this.#names.get(sight.leaderId) ?? sight.leaderId)
    const last = this.held.at(-1)
    if (leader === undefined) return
    if (last && last.term === sight.term && (last.label === leader || last.label === sight.leaderId)) {
      // Until a member is known by name it goes by its number.
      last.label = leader
      last.toMs = sight.atMs
    } else this.held.push({ fromMs: sight.atMs, toMs: sight.atMs, label: leader, term: sight.term })
  }

  leader(nowMs: number): string | undefined {
    const last = this.held.at(-1)
    return last && nowMs - last.toMs < 2500 ? last.label : undefined
  }

  sights(): MemberSight[] {
    return [...this.#sights.values()]
  }

  get term(): number {
    return this.#term
  }
}

export interface EtcdSampler {
  intervals(): Interval[]
  leader(): string | undefined
  /** Latest word of each member. */
  members(): MemberSight[]
  term(): number
}

/** Asks every member five times a second, each by itself, until the signal. `clients` by machine. */
export const sampleEtcd = (clients: readonly { machine: string; client: EtcdClient }[], signal: AbortSignal): EtcdSampler => {
  const record = new LeaderRecord()
  const ask = async (machine: string, client: EtcdClient): Promise<void> => {
    const atMs = monotonicMs()
    try {
      const status = await client.status({ deadlineMs, signal })
      const { memberId, leaderId, raftTerm, isLearner } = status
      record.see({ machine, atMs, answered: true, memberId, leaderId, term: raftTerm, isLearner })
    } catch {
      if (!signal.aborted) record.see({ machine, atMs, answered: false })
    }
  }
  for (const { machine, client } of clients) {
    let underWay = false
    const timer = setInterval(() => {
      // A member that hangs is asked again once it answered or its time is up.
      if (underWay) return
      underWay = true
      void ask(machine, client).finally(() => {
        underWay = false
      })
    }, intervalMs)
    signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }
  return {
    intervals: () => record.held.map(({ fromMs, toMs, label }) => ({ fromMs, toMs: toMs + intervalMs, label })),
    leader: () => record.leader(monotonicMs()),
    members: () => record.sights(),
    term: () => record.term,
  }
}
