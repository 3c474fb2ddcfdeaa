import type { Hosted } from '../../model/cluster.js'
import type { Timing } from '../../model/timing.js'
import { type Span, span, unbounded } from './span.js'

/**
 * haproxy's own detection of a backend that does not answer (frozen, cut off, without power): up to one interval until the next check,
 * `fall` checks by their time limit, and the faster rhythm between them (haproxy: inter, fastinter, fall, timeout check). Such a one does
 * not finish the handshake, which is given no longer than one interval.
 */
export const backendDetectMs = (timing: Timing): Span => {
  const { intervalMs, fastIntervalMs, timeoutMs, fall, kind } = timing.backendCheck
  const limitMs = Math.min(timeoutMs, intervalMs)
  const tail = fall * limitMs + (fall - 1) * fastIntervalMs
  const asked = kind === 'readyz' ? '/readyz' : 'TCP'
  return span(tail, intervalMs + tail, `${fall} ${asked} checks without an answer in ${limitMs} ms`)
}

/**
 * Frozen with its kernel alive: connections are accepted and never answered, so a check that only connects never sees it
 * (measured: half of the requests failed until the end).
 */
export const backendFrozenMs = (timing: Timing): Span =>
  timing.backendCheck.kind === 'tcp' ? unbounded('the check only connects, and a frozen API server accepts') : backendDetectMs(timing)

/**
 * The API server lives and its etcd does not answer. /readyz asks etcd at most every half of its time limit and tells the last result in
 * between (k8s.io/apiserver, storagebackend/factory/etcd3.go), so each of the checks that a proxy needs waits for that limit before it
 * hears a no.
 */
export const withoutStoreMs = (timing: Timing): Span => {
  const { intervalMs, fastIntervalMs, timeoutMs, fall, kind } = timing.backendCheck
  const { readyCheckMs } = timing.etcd
  const noMs = Math.min(readyCheckMs, timeoutMs)
  if (kind === 'tcp') return unbounded('the check only connects, and an API server without etcd accepts')
  const betweenMs = (fall - 1) * fastIntervalMs
  // Half a limit: a check may hear the last good result once more.
  return span(
    noMs,
    intervalMs + readyCheckMs / 2 + fall * noMs + betweenMs,
    `/readyz turns false when etcd did not answer for ${readyCheckMs} ms`,
  )
}

/** nft, started on a busy computer. */
const doorClosesMs = 150

/**
 * The member beside an API server ended, stands still, or is not let run: the machine refuses connections to the API server at the next look, or when
 * the member has been silent for long enough, and a proxy goes on to the next one (render/api-door.ts). Only for profiles whose machines look (`silentMs` above 0).
 */
export const doorShutMs = ({ etcd: { lookMs, silentMs } }: Timing): Span =>
  span(0, lookMs + silentMs + doorClosesMs, `refused when etcd beside it did not answer for ${silentMs} ms`)

/**
 * A killed process keeps its port until the kernel has freed its memory, and what the port takes in meanwhile is cut in the end. Measured with API
 * servers of 0.3 GB: 50 to 450 ms, the longer on busy processors.
 */
const processEndMs = 450

/**
 * The API server is gone and its port refuses. With redispatch the proxy tries the next one within the same connection (measured: none
 * of 200 failed), so only requests that were inside it are cut. Without, its share of connections fails until `fall` checks are refused.
 */
export const backendRefusedMs = (timing: Timing): Span => {
  const { intervalMs, fastIntervalMs, fall } = timing.backendCheck
  if (timing.redispatch)
    return span(0, processEndMs + timing.connectMs, 'what it took in before its port closed is cut, the rest goes to the next server')
  return span((fall - 1) * fastIntervalMs, intervalMs + (fall - 1) * fastIntervalMs, `no redispatch, ${fall} checks ${intervalMs} ms apart`)
}

/**
 * A proxy that cannot ask /readyz takes a server that is starting again for one that serves: it listens before it answers, and its share of connections
 * waits there for nothing. Measured with nginx: the last failure 2.3 and 8.5 s after the kill, never more than 220 ms in a row.
 */
export const usedTooEarlyMs = (): Span =>
  span(0, 30_000, 'nginx cannot ask /readyz, so a server that starts again is used before it is ready')

/**
 * A node of the host of a hosted control plane goes silent. Proxies that ask each node leave it like any other API server; an address of MetalLB has to
 * move first (measured: 6.9 s, and 0.4 s with a node port).
 */
export const carrierLostMs = (timing: Timing, hosted: Hosted | undefined): Span =>
  hosted?.service.type === 'LoadBalancer' ? span(0, 15_000, 'MetalLB of the host moves the address') : backendDetectMs(timing)

/**
 * A planned stop: /readyz turns false at once, the port serves on for the shutdown delay, and nothing is felt if the proxy has seen it
 * by then. Otherwise what is left of its detection.
 */
export const apiServerStoppedMs = (timing: Timing): Span => {
  const { intervalMs, fastIntervalMs, fall, kind } = timing.backendCheck
  // It answers, and says 500, so no check waits for its time limit.
  const seenMs = kind === 'readyz' ? intervalMs + (fall - 1) * fastIntervalMs : Number.POSITIVE_INFINITY
  if (seenMs < timing.apiShutdownDelayMs) return span(0, timing.connectMs, 'taken out of use before it closes its port')
  return backendRefusedMs(timing)
}

/** The only API server, until kubelet has started its container again. The upper end leaves room for a slow disk. */
export const apiServerRestartMs = (): Span => span(1000, 30_000, 'the only API server: kubelet starts it again')

/** A session over a peer that went silent, as a Go client feels it: the HTTP/2 ping (k8s.io/apimachinery, net/http.go). */
export const keptConnectionMs = (timing: Timing): Span =>
  span(timing.http2.pingMs, timing.http2.readIdleMs + timing.http2.pingMs, 'HTTP/2 ping of the client')

/**
 * The addresses behind the Service `kubernetes`: a dead API server's lease runs out after 15 s, and is looked at every 10 s. Until then
 * its share of connections from pods is refused or hangs (k8s.io/kubernetes, controlplane/reconcilers/lease.go). No flag changes it; with a virtual IP
 * pods are led there instead (render/kubernetes-service.ts).
 */
export const kubernetesServiceMs = (): Span => span(5000, 25_000, 'lease of 15 s behind the Service kubernetes')
