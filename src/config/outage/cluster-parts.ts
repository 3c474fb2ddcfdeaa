import type { Timing } from '../../model/timing.js'
import { type Span, span } from './span.js'

/**
 * The leader of controller-manager or scheduler is gone: its lease runs out, less what had passed since it was renewed; a standby looks
 * at every retry period with a jitter of 1.2 (client-go, leaderelection.go: JitterFactor).
 */
export const leaseTakeoverMs = (timing: Timing): Span => {
  const { durationMs, retryMs } = timing.lease
  return span(durationMs - retryMs, durationMs + 2.2 * retryMs, `leader lease of ${durationMs / 1000} s`)
}

/** Measured from the lease to the last of its forty controllers: 0.7 s on a quiet computer, 2.5 s while a drill asks a busy one. */
const controllersStartMs = { low: 500, high: 2500 }

/** A new controller manager starts its controllers when it has the lease; a scheduler has everything in memory by then. */
export const controllersTakeoverMs = (timing: Timing): Span => {
  const lease = leaseTakeoverMs(timing)
  return span(lease.lowMs + controllersStartMs.low, lease.highMs + controllersStartMs.high, `${lease.because}, then its controllers start`)
}

/**
 * A node falls silent: its lease is renewed every quarter of its duration, the controller waits for the grace period and looks every
 * monitor period (nodelifecycle controller). From then on Services leave its pods out.
 */
export const nodeNotReadyMs = (timing: Timing): Span => {
  const { monitorGraceMs, monitorPeriodMs, leaseDurationMs } = timing.node
  return span(monitorGraceMs - leaseDurationMs / 4, monitorGraceMs + monitorPeriodMs, `node grace period of ${monitorGraceMs / 1000} s`)
}

/** Its pods are started elsewhere only after the toleration too (DefaultTolerationSeconds); the upper end allows 10 s for the start. */
export const podReplacementMs = (timing: Timing): Span => {
  const seen = nodeNotReadyMs(timing)
  const { monitorGraceMs, tolerationMs } = timing.node
  const because = `grace of ${monitorGraceMs / 1000} s, toleration of ${tolerationMs / 1000} s`
  return span(seen.lowMs + tolerationMs, seen.highMs + tolerationMs + 10_000, because)
}

/**
 * One of several DNS pods is gone: its share of questions is lost until it is out of the Service, which readiness (twice a second)
 * or its end tells within seconds; a resolver asks again after 5 s (resolv.conf, timeout).
 */
export const dnsPodLostMs = (): Span => span(0, 5000, 'a resolver asks again after 5 s')
