import { describe, expect, it } from 'vitest'
import { memo } from '../../src/operate/memo.js'

const counted = (): { ask: (key: string) => Promise<number>; asked: string[] } => {
  const asked: string[] = []
  return { asked, ask: async (key) => asked.push(key) }
}

describe('a remembered answer', () => {
  it('is asked for once, also by two at the same time', async () => {
    const { ask, asked } = counted()
    const get = memo(ask)
    expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual([1, 1, 2])
    expect(await get('a')).toBe(1)
    expect(asked).toEqual(['a', 'b'])
  })

  it('is asked for again once forgotten, or when it could not be had', async () => {
    const { ask, asked } = counted()
    let fails = true
    const get = memo(async (key) => {
      const answer = await ask(key)
      if (fails) throw new Error('not now')
      return answer
    })
    await expect(get('a')).rejects.toThrow('not now')
    fails = false
    expect(await get('a')).toBe(2)
    get.forget('a')
    expect(await get('a')).toBe(3)
    expect(asked).toHaveLength(3)
  })

  it('is changed by what was learned since, and nobody is asked', async () => {
    const { ask, asked } = counted()
    const get = memo(ask)
    const first = get('a')
    get.learn('a', (value) => value + 100)
    expect([await first, await get('a')]).toEqual([1, 101])
    expect(asked).toEqual(['a'])
  })

  it('that nobody asked for is not made up', async () => {
    const { ask } = counted()
    const get = memo(ask)
    get.learn('a', () => 7)
    expect(await get('a')).toBe(1)
  })
})
