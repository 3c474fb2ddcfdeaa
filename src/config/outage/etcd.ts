import type { Timing } from '../../model/timing.js'
import { type Span, span } from './span.js'

/**
 * The leader is gone: each follower waits for a time drawn from one to two election timeouts since the last heartbeat (raft,
 * resetRandomizedElectionTimeout), then asks for votes. The upper end allows one exchange of pre-vote and vote.
 */
export const etcdElectionMs = (timing: Timing): Span => {
  const { electionMs, heartbeatMs } = timing.etcd
  return span(electionMs - heartbeatMs, 2 * electionMs + 2 * heartbeatMs, `etcd election, ${electionMs} ms`)
}

/** A leader that is stopped cleanly hands over first: one exchange of messages. */
export const etcdHandOverMs = (timing: Timing): Span => span(0, 2 * timing.etcd.heartbeatMs, 'etcd leadership is handed over')

/**
 * A client of etcd whose member went silent without closing: the API server asks after 30 s of silence and waits 10 s for the answer
 * (k8s.io/apiserver, storage/factory: keepaliveTime, keepaliveTimeout; neither is a flag). Only where API servers use members of other machines.
 */
export const etcdClientMs = (): Span => span(0, 40_000, 'keep-alive of 30 + 10 s from API server to etcd')
