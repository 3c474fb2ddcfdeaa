import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { script } from '../../src/cli/completion/script.js'
import { commands } from '../../src/cli/table.js'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-completion-'))
  for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(folder, shell), await script(shell, commands))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a real bash offers after these words; the last is the one being typed. */
const offered = (...words: string[]): string[] => {
  const program = `
    quorate() { printf 'machine/cp-1\\nmachine/lb-1\\n'; }
    source ${folder}/bash
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _quorate
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8', cwd: folder }).split('\n').filter(Boolean)
}

describe('bash completion', () => {
  it('offers commands, second words, flags, choices, codes, files and machines', () => {
    expect(offered('quorate', 'sta')).toEqual(['status'])
    expect(offered('quorate', '')).toEqual(expect.arrayContaining(['up', 'config', 'bundle', 'explain']))
    expect(offered('quorate', 'status', '--out')).toEqual(['--output'])
    expect(offered('quorate', 'status', '-o', 'y')).toEqual(['yaml'])
    expect(offered('quorate', 'up', '--source', '')).toEqual(['auto', 'modules', 'releases'])
    expect(offered('quorate', 'explain', 'Q490')).toContain('Q4901')
    expect(offered('quorate', 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(offered('quorate', 'ssh', 'cp')).toEqual(['cp-1'])
    expect(offered('quorate', 'ssh', '--file', 'x.yaml', 'l')).toEqual(['lb-1'])
    expect(offered('quorate', 'up', 'fi')).toEqual(['fish'])
    expect(offered('quorate', 'config', '')).toContain('validate')
  })
})

describe.each(['zsh', 'fish'])('%s completion', (shell) => {
  const there = spawnSync(shell, ['--version']).status === 0
  it.skipIf(!there)('is read by the shell itself', () => {
    expect(spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })
  it('knows every command and flag', async () => {
    const text = await script(shell as 'zsh' | 'fish', commands)
    for (const spec of commands) {
      expect(text).toContain(
        spec.summary.replaceAll("'", shell === 'fish' ? "\\'" : `'\\''`).replaceAll(':', shell === 'zsh' ? '\\:' : ':'),
      )
    }
  })
})
