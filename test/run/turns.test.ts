import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeTurns } from '../../src/steps/turns.js'

it('work of one kind never overlaps, keeps its order, and goes on after a failure; other kinds do not wait', async () => {
  const inTurn = makeTurns()
  const log: string[] = []
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`)
      await sleep(5)
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const all = await Promise.allSettled([inTurn('etcd', work('a', true)), inTurn('etcd', work('b')), inTurn('entry', work('c'))])
  expect(all.map((one) => one.status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(log.filter((line) => !line.startsWith('c'))).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  expect(log.indexOf('c begins')).toBeLessThan(log.indexOf('a ends'))
})
