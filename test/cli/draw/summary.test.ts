import { describe, expect, it } from 'vitest'
import { summaryLines } from '../../../src/cli/draw/summary.js'
import { glyphsFor } from '../../../src/cli/glyphs.js'
import { palette, widthOf } from '../../../src/cli/style.js'
import { sampleResult } from '../sample.js'

const page = (changes: { step: string; reason: string }[], columns = 80): string[] =>
  summaryLines({ ...sampleResult, changed: changes.length, changes }, undefined, { glyphs: glyphsFor({}), paint: palette(false), columns })

describe('the page at the end of up', () => {
  it('tells after a repair what was missing', () => {
    const lines = page([
      { step: 'machines/configure/lb-1', reason: '1 missing, 0 different: /etc/haproxy/haproxy.cfg' },
      { step: 'balancer/start/lb-1', reason: 'keepalived.service not running' },
    ])
    const at = lines.indexOf('What was missing')
    expect(lines.slice(at, at + 4)).toEqual([
      'What was missing',
      '  machines/configure/lb-1   1 missing, 0 different: /etc/haproxy/haproxy.cfg',
      '  balancer/start/lb-1       keepalived.service not running',
      '',
    ])
  })

  it('stays within the terminal, whatever the reason', () => {
    const lines = page([{ step: 'machines/configure/lb-1', reason: '/etc/very/long/name '.repeat(20) }], 60)
    expect(widthOf(lines[lines.indexOf('What was missing') + 1] ?? '')).toBe(60)
  })

  it('says nothing of it when there was nothing, or everything', () => {
    expect(page([])).not.toContain('What was missing')
    expect(page(sampleResult.changes)).not.toContain('What was missing')
  })
})
