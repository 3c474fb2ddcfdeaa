import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { age, duration } from '../../src/cli/duration.js'
import { table } from '../../src/cli/output/table.js'
import { sourceLine } from '../../src/cli/source-line.js'
import { cutTo, palette, stripStyle, widthOf } from '../../src/cli/style.js'

describe('cutTo', () => {
  it('never exceeds the width, and keeps what fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), fc.nat(60), fc.boolean(), (text, width, coloured) => {
        const styled = coloured ? palette(true).red(text) : text
        expect(widthOf(cutTo(styled, width))).toBeLessThanOrEqual(width)
        if (text.length <= width) expect(stripStyle(cutTo(styled, width))).toBe(text)
      }),
    )
  })
  it('closes a colour that it cut open', () => expect(cutTo(palette(true).red('abcdef'), 4)).toBe('\x1b[31mabc…\x1b[0m'))
})

describe('table', () => {
  it('aligns by what is visible and fills empty cells', () => {
    const { green } = palette(true)
    const lines = stripStyle(
      table(
        ['NAME', 'STATUS', 'ZONE'],
        [
          ['lb-1', green('Ready'), 'a'],
          ['a-long-name', 'x', undefined],
        ],
      ),
    ).split('\n')
    expect(lines).toEqual(['NAME          STATUS   ZONE', 'lb-1          Ready    a', 'a-long-name   x        <none>', ''])
  })
})

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [12, '12 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [19_900, '19.9 s'],
    [42_400, '42 s'],
    [59_999, '1 min 0 s'],
    [250_000, '4 min 10 s'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text))
  it.each([
    [5000, '5s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('an age of %d ms is %s', (ms, text) => expect(age(ms)).toBe(text))
})

describe('sourceLine', () => {
  it('marks the word under the column, also with tabs', () => {
    expect(sourceLine('\tname: abc', 8)).toEqual({ shown: ' name: abc', caret: 7, length: 3 })
  })
  it('keeps the marked word in sight in a long line', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), (before) => {
        const { shown, caret } = sourceLine(`${'x '.repeat(before)}WORD ${'y '.repeat(200)}`, before * 2 + 1)
        expect(shown.slice(caret, caret + 4)).toBe('WORD')
        expect(shown.length).toBeLessThanOrEqual(102)
      }),
    )
  })
  it('does not fail beyond the end of the line', () => expect(sourceLine('ab', 40)).toEqual({ shown: 'ab', caret: 2, length: 1 }))
})
