import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { elect } from '../../src/cli/commands/elect.js'
import { longFlag } from '../../src/cli/usage.js'

const root = resolve(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'examples/elect.service'), 'utf8')
const systemd = spawnSync('systemd-analyze', ['--version']).status === 0

describe('the example unit', () => {
  it('uses flags that there are', () => {
    const [ours = ''] = text.slice(text.indexOf('ExecStart=')).split(' -- ')
    const known = (elect.flags ?? []).map(longFlag)
    const used = [...ours.matchAll(/ (--[a-z-]+) /g)].map((match) => match[1] ?? '')
    expect(used.length).toBeGreaterThan(5)
    expect(used.filter((flag) => !known.includes(flag))).toEqual([])
  })

  it.skipIf(!systemd)('is understood by systemd without a word', () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-unit-'))
    try {
      const file = join(directory, 'report-daemon.service')
      writeFileSync(file, text.replaceAll('/usr/bin/quorate', '/bin/true').replaceAll('/usr/bin/report-daemon', '/bin/true'))
      const run = spawnSync('systemd-analyze', ['verify', '--recursive-errors=no', file], { encoding: 'utf8' })
      expect(run.stderr.split('\n').filter((line) => line.includes('report-daemon'))).toEqual([])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
