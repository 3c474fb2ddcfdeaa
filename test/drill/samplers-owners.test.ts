import { expect, it } from 'vitest'
import { MachineClock } from '../../src/drill/samplers/clock.js'
import { ownerScript } from '../../src/drill/samplers/owner-script.js'
import { Ownership } from '../../src/drill/samplers/owners.js'
import { monotonicMs } from '../../src/drill/samples.js'
import { ownership } from '../../src/drill/timeline.js'
import { runProcess } from '../../src/machine/process.js'

const shared = (): MachineClock => new MachineClock(true, 0)
const root = process.getuid?.() === 0

/** Runs the agent in a network namespace of its own, beside a script that moves addresses there and says when. */
const inNamespace = async (moves: string, timeoutMs: number): Promise<{ own: Ownership; at: Record<string, number>; lines: string[] }> => {
  const own = new Ownership()
  const clock = shared()
  const at: Record<string, number> = {}
  const lines: string[] = []
  const outer = `ip link set lo up
say() { echo "at $1" >&2; }
( ${moves} ) &
exec sh -s <<'AGENT'
${ownerScript('10.9.9.9')}
AGENT
`
  await runProcess(['unshare', '-n', 'timeout', '--foreground', String(timeoutMs / 1000), 'sh', '-c', outer], {
    allowFailure: true,
    timeoutMs: timeoutMs + 5000,
    onLine: (line) => {
      if (line.startsWith('at ')) at[line.slice(3)] = monotonicMs()
      else {
        lines.push(line)
        own.line(line, clock)
      }
    },
  })
  return { own, at, lines }
}

it.skipIf(!root)('dates the coming and going of an address as the kernel tells it', async () => {
  const moves = `sleep 0.4; say add; ip addr add 10.9.9.9/32 dev lo; sleep 0.5; ip addr add 10.9.9.8/32 dev lo; ip addr del 10.9.9.8/32 dev lo
    ip addr del 10.9.9.9/32 dev lo; say del; sleep 0.2; ip addr add 10.9.9.9/24 dev lo; sleep 0.3; ip addr del 10.9.9.9/24 dev lo`
  const { own, at, lines } = await inNamespace(moves, 2500)
  expect(own.held).toHaveLength(2)
  const [first, second] = own.held
  expect(Math.abs((first?.fromMs ?? 0) - (at.add ?? 0))).toBeLessThan(60)
  expect(Math.abs((first?.toMs ?? 0) - (at.del ?? 0))).toBeLessThan(60)
  expect((second?.fromMs ?? 0) - (first?.toMs ?? 0)).toBeGreaterThan(180)
  expect(second?.open).toBe(false)
  // 20 a second while it is held, few otherwise.
  const beats = lines.filter((line) => /^\. [\d.]+ 1$/.test(line)).length
  expect(beats).toBeGreaterThanOrEqual(12)
  expect(beats).toBeLessThanOrEqual(20)
})

it.skipIf(!root)('finds an address that was there already, and since when', async () => {
  const { own } = await inNamespace('true', 100)
  expect(own.held).toEqual([])
  const before = monotonicMs()
  const outer = `ip link set lo up; ip addr add 10.9.9.9/32 dev lo; sleep 1.5; exec timeout --foreground 0.5 sh -s`
  const own2 = new Ownership()
  await runProcess(['unshare', '-n', 'sh', '-c', outer], {
    stdin: ownerScript('10.9.9.9'),
    allowFailure: true,
    timeoutMs: 9000,
    onLine: (line) => own2.line(line, shared()),
  })
  expect(own2.held).toHaveLength(1)
  expect(Math.abs((own2.held[0]?.fromMs ?? 0) - before)).toBeLessThan(700)
  expect(own2.holds()).toBe(true)
})

it('ends an interval with the last word of a machine that died, and goes on after a silence in which nothing changed', () => {
  const clock = shared()
  const own = new Ownership()
  for (const line of ['hello 1000', '+ 1000', '. 1050 1', '. 1100 1']) own.line(line, clock, 0)
  // The machine was frozen; a new session finds the address, as old as before.
  for (const line of ['hello 9000', '+ 9001 990', '. 9050 1']) own.line(line, clock, 0)
  expect(own.held).toEqual([{ fromMs: 1000, toMs: 9050, open: true }])
  // It died, and came back as a machine that took the address anew.
  for (const line of ['hello 20000', '+ 20001 19500', '- 20500']) own.line(line, clock, 0)
  expect(own.held).toEqual([
    { fromMs: 1000, toMs: 9050, open: false },
    { fromMs: 20000, toMs: 20500, open: false },
  ])
  // It died while it held the address, and came back without it: it held it until it died.
  for (const line of ['+ 21000', '. 21050 1', 'hello 40000', '- 40001', '. 40500 0']) own.line(line, clock, 0)
  expect(own.held.at(-1)).toEqual({ fromMs: 21000, toMs: 21050, open: false })
})

it('adds up gap and overlap of what several machines held', () => {
  const owners = [
    { label: 'lb-1', fromMs: 0, toMs: 400 },
    { label: 'lb-2', fromMs: 600, toMs: 2000 },
    { label: 'lb-1', fromMs: 900, toMs: 950 },
  ]
  expect(ownership(owners, 100, 1000)).toEqual({ gapMs: 200, splitMs: 50 })
  expect(ownership([], 0, 10)).toEqual({ gapMs: 10, splitMs: 0 })
})

it('maps the clock of a machine by the tightest bound', () => {
  const clock = new MachineClock(false, 4)
  clock.heard(100, true, 5110)
  clock.heard(200, false, 5203)
  clock.heard(300, false, 5340)
  expect(clock.toOurs(1000)).toBe(1000 + 5003 - 2)
  expect(clock.uncertaintyMs).toBe(2)
})
