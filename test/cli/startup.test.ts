import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')

/** Everything that `quorate --help` loads: static imports from main.ts on, but no types and nothing behind import(). */
const loaded = () => {
  const files = new Set<string>()
  const packages = new Set<string>()
  const walk = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const match of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm)) {
      const target = match[1] ?? ''
      const names = match[0].replace(/^[^{]*\{|\}.*$/gs, '')
      const onlyTypes = match[0].includes('{') && names.split(',').every((name) => !name.trim() || name.trim().startsWith('type '))
      if (onlyTypes) continue
      if (target.startsWith('.')) walk(resolve(dirname(file), target.replace(/\.js$/, '.ts')))
      else packages.add(target)
    }
  }
  walk(resolve(src, 'cli/main.ts'))
  return { files: [...files].map((file) => relative(src, file)), packages: [...packages].filter((name) => !name.startsWith('node:')) }
}

describe('quorate --help', () => {
  const { files, packages } = loaded()
  it('loads the table of commands', () => expect(files).toContain('cli/commands/up.ts'))
  it('loads no package but the parser', () => expect(packages).toEqual(['commander']))
  it('loads nothing outside cli/ but the plain types of problems', () => {
    expect(files.filter((file) => !file.startsWith('cli/'))).toEqual(['model/problem.ts'])
  })
})
