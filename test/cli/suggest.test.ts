import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/cli/suggest.js'

const known = ['status', 'up', 'down', 'kubectl', 'kubeconfig', 'machines', 'check', 'plan']

describe('nearest', () => {
  it.each([
    ['stauts', 'status'],
    ['Status', 'status'],
    ['machine', 'machines'],
    ['kubect', 'kubectl'],
    ['chekc', 'check'],
    ['dwon', 'down'],
  ])('%s is %s', (given, meant) => expect(nearest(given, known)).toBe(meant))

  it.each(['frobnicate', 'xyz', ''])('%s is nothing known', (given) => expect(nearest(given, known)).toBeUndefined())

  it('finds every known word from itself and after one swap of neighbours', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), (word, at) => {
        const i = at % (word.length - 1)
        const swapped = word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2)
        expect(nearest(word, known)).toBe(word)
        if (word.length > 3) expect(nearest(swapped, known)).toBe(word)
      }),
    )
  })
})
