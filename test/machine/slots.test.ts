import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Slots } from '../../src/machine/slots.js'

describe('slots', () => {
  it('let so many in at once, and the rest in their order', async () => {
    const slots = new Slots(3)
    let inside = 0
    let most = 0
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        slots.use(async () => {
          order.push(i)
          most = Math.max(most, ++inside)
          await sleep(1)
          inside--
        }),
      ),
    )
    expect(most).toBe(3)
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('are free again after work that failed', async () => {
    const slots = new Slots(1)
    await expect(slots.use(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await slots.use(async () => 'next')).toBe('next')
  })

  it('are not waited for once the signal is given, and nobody is skipped by that', async () => {
    const slots = new Slots(1)
    const stop = new AbortController()
    let leave = (): void => undefined
    const first = slots.use(() => new Promise<void>((done) => (leave = done)))
    const second = slots.use(async () => 'second', stop.signal)
    const third = slots.use(async () => 'third')
    stop.abort(new Error('stopped'))
    await expect(second).rejects.toThrow('stopped')
    leave()
    await first
    expect(await third).toBe('third')
    await expect(slots.use(async () => 'late', stop.signal)).rejects.toThrow('stopped')
    expect(await slots.use(async () => 'free')).toBe('free')
  })
})
