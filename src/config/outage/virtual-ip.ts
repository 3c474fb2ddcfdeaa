import type { Timing } from '../../model/timing.js'
import { inTurn, type Span, span, unbounded } from './span.js'

/** Neighbours learn the new hardware address from the gratuitous ARP; measured 0 to 0.04 s behind the move. */
const announceMs = 50

/** A request that was on its way when the machine fell silent fails too, and counts from its own beginning; measured up to 0.1 s on a busy computer. */
const onItsWayMs = 100

/** Priorities of standbys run from 250 down, 20 apart: of two balancers the standby has 230, of more one with less may be left. */
const priorityOfLast = (balancerCount: number): number => Math.max(1, 250 - 20 * (Math.max(2, balancerCount) - 1))

/** RFC 9568, 6.1: ((256 - priority) / 256) adverts in VRRP 3, of a second in VRRP 2. */
const skewMs = (timing: Timing, priority: number): number =>
  ((256 - priority) / 256) * (timing.vrrpVersion === 3 ? timing.vrrpAdvertMs : 1000)

/** The holder falls silent (power, cable): 3 adverts and the skew, less what had passed since its last advert (RFC 9568, 6.1). */
export const virtualIpMoveMs = (timing: Timing, balancerCount = 2): Span =>
  span(
    2 * timing.vrrpAdvertMs + skewMs(timing, 250),
    onItsWayMs + 3 * timing.vrrpAdvertMs + skewMs(timing, priorityOfLast(balancerCount)) + announceMs,
    `3 missed VRRP adverts of ${timing.vrrpAdvertMs} ms`,
  )

/** The holder says that it goes, by an advert of priority 0: only the skew is waited for (RFC 9568, 6.4.3). */
export const virtualIpHandOverMs = (timing: Timing, balancerCount = 2): Span =>
  span(0, onItsWayMs + skewMs(timing, priorityOfLast(balancerCount)) + announceMs, 'handed over, only the VRRP skew is waited for')

/** How often the holder announces that the address is its own, whatever it hears (render/keepalived.ts). */
export const announceAgainMs = 1000

/**
 * A machine that is no balancer has the address too, and said so up to three times, a second apart. Neighbours believe whom they heard last, so each time it takes
 * until the holder announces itself again. Without that, until their tables forget.
 */
export const virtualIpClaimedMs = (timing: Timing): Span =>
  timing.name === 'guide'
    ? unbounded('neighbours believe whom they heard last, and the holder says nothing more')
    : span(0, 3000 + announceAgainMs, `the holder announces itself every ${announceAgainMs} ms`)

/**
 * keepalived killed: the address stays where it was and works until a standby announces it, and is removed there after that (measured
 * 0 to 0.08 s).
 */
export const vrrpKilledMs = (_timing: Timing): Span => span(0, 100, 'the address stays until a standby has it')

/** systemctl, asked whether the proxy is on its way, on a busy computer. */
const askedMs = 100

/** How keepalived's check of its proxy runs: once a second at most often, with several looks within a run when it is to be quicker. */
const checkRuns = (timing: Timing) => {
  const { intervalMs, fall } = timing.vrrpCheck
  const quick = intervalMs < 1000 && timing.vrrpCheck.kind === 'http'
  const looks = quick ? Math.max(1, Math.floor(1000 / intervalMs)) : 1
  return { quick, periodMs: Math.max(1000, intervalMs), looksMs: (looks - 1) * intervalMs, fall, intervalMs }
}

/** The proxy was stopped: from there to keepalived's giving up the address. Each look is refused at once, and systemd says that it is not on its way. */
export const proxyGoneSeenMs = (timing: Timing): Span => {
  const { quick, periodMs, looksMs, fall, intervalMs } = checkRuns(timing)
  // Worst when it goes just after the last look of a run.
  if (quick) return span(0, periodMs - looksMs + askedMs, `refused at the next check, ${intervalMs} ms apart`)
  const because = `${fall} refused checks ${intervalMs} ms apart`
  return span((fall - 1) * periodMs, fall * periodMs, because)
}

/** The proxy is frozen: each look ends by its time limit. A check that only asks whether the process exists never sees it. */
export const proxyFrozenSeenMs = (timing: Timing): Span => {
  if (timing.vrrpCheck.kind === 'process') {
    return { lowMs: 0, highMs: Number.POSITIVE_INFINITY, because: 'the check only asks whether the process exists' }
  }
  const { quick, periodMs, looksMs, fall, intervalMs } = checkRuns(timing)
  const { timeoutMs } = timing.vrrpCheck
  const because = `${fall} checks without an answer in ${timeoutMs} ms`
  // In step with the clock: a look that waits for its time limit is the pause to the next.
  if (quick) return span(fall * timeoutMs, periodMs - looksMs + timeoutMs + (fall - 1) * Math.max(timeoutMs, intervalMs), because)
  return span((fall - 1) * periodMs + timeoutMs, fall * periodMs + timeoutMs, because)
}

/** The proxy of the holder is stopped for good: seen by the check, then handed over. */
export const proxyStoppedMs = (timing: Timing, balancerCount = 2): Span =>
  inTurn(proxyGoneSeenMs(timing), virtualIpHandOverMs(timing, balancerCount))

export const proxyFrozenMs = (timing: Timing, balancerCount = 2): Span =>
  inTurn(proxyFrozenSeenMs(timing), virtualIpHandOverMs(timing, balancerCount))

/**
 * The proxy is killed and systemd starts it again, 10 ms later. haproxy's socket is held meanwhile, so new connections wait (measured
 * 0.08 to 0.36 s on a busy computer); nginx has none, and they are refused as long. Sessions through it are cut either way.
 */
export const proxyKilledMs = (_timing: Timing, held: boolean): Span =>
  span(0, 500, held ? 'connections wait in the held socket for its restart' : 'refused until systemd has started it again')
