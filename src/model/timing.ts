/**
 * Every timing that decides an outage. One profile sets all of them, so that the order holds:
 * balancer detection and virtual-IP fall < leader lease < node grace. The first two need no order between them: what moves the address asks
 * the proxy alone and nothing behind it.
 */
export interface Timing {
  name: 'fast' | 'standard' | 'wide-area' | 'guide'
  /** VRRP advert interval; silence for 3 of them plus skew moves the virtual IP. */
  vrrpAdvertMs: number
  vrrpVersion: 2 | 3
  /** keepalived's functional check of its own proxy. A proxy that nobody stopped is given `restartMs` to listen again. */
  vrrpCheck: { intervalMs: number; timeoutMs: number; fall: number; rise: number; restartMs: number; kind: 'http' | 'process' }
  /** The proxy's check of each API server. */
  backendCheck: {
    kind: 'readyz' | 'tcp'
    intervalMs: number
    fastIntervalMs: number
    downIntervalMs: number
    timeoutMs: number
    fall: number
    rise: number
    slowStartMs: number
    /** A server that is down although it can be connected to loses its sessions after so long. haproxy only. */
    cutMs: number
  }
  connectMs: number
  /** Client and server idle timeout of a proxied connection. */
  idleMs: number
  redispatch: boolean
  retries: number
  /**
   * `readyCheckMs`: after so long without an answer of etcd /readyz turns false. As many of these as make a server count as down take longer
   * than an election, or every election empties the balancers. Each machine looks at its own member every `lookMs`; one that gives it no answer
   * for `silentMs` closes the API server beside it to new connections (render/api-door.ts). 0 = nobody looks.
   */
  etcd: { heartbeatMs: number; electionMs: number; readyCheckMs: number; lookMs: number; silentMs: number }
  /** controller-manager and scheduler. */
  lease: { durationMs: number; renewMs: number; retryMs: number }
  node: { statusUpdateMs: number; monitorGraceMs: number; monitorPeriodMs: number; leaseDurationMs: number; tolerationMs: number }
  /** HTTP/2 health ping of Go clients: HTTP2_READ_IDLE_TIMEOUT_SECONDS and HTTP2_PING_TIMEOUT_SECONDS. */
  http2: { readIdleMs: number; pingMs: number }
  /** --shutdown-delay-duration of the API server: keep serving after /readyz turned false. */
  apiShutdownDelayMs: number
}
