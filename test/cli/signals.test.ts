import { afterEach, describe, expect, it } from 'vitest'
import { interrupts } from '../../src/cli/signals.js'

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const before = new Map(names.map((name) => [name, process.listeners(name)]))
afterEach(() => {
  for (const name of names) for (const one of process.listeners(name)) if (!before.get(name)?.includes(one)) process.off(name, one)
})

const start = () => {
  const statuses: number[] = []
  const stop = interrupts({ write: () => {} }, (status) => statuses.push(status))
  const press = (name: (typeof names)[number] = 'SIGINT') => {
    for (const one of process.listeners(name)) if (!before.get(name)?.includes(one)) one(name)
  }
  return { stop, press, statuses }
}

describe('Ctrl-C', () => {
  it('first asks for a stop, then ends the process with 130', () => {
    const { stop, press, statuses } = start()
    expect(stop.signal.aborted).toBe(false)
    press()
    expect(stop.signal.aborted).toBe(true)
    expect(statuses).toEqual([])
    press()
    expect(statuses).toEqual([130])
  })

  it('is left to ssh and kubectl while they have the terminal, but a SIGTERM is still ours', () => {
    const { stop, press } = start()
    stop.leaveToChild(true)
    press()
    expect(stop.signal.aborted).toBe(false)
    press('SIGTERM')
    expect(stop.signal.aborted).toBe(true)
  })
})
