import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, describe as group, it } from 'vitest'
import { loadCluster } from '../../src/config/load.js'
import { configCodes } from '../../src/model/codes/config.js'
import { describe } from '../../src/model/codes.js'
import type { Problem } from '../../src/model/problem.js'

const folder = fileURLToPath(new URL('../fixtures/config/', import.meta.url))
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

/** Loaded by its bare name, so that no message holds the folder of this clone; files beside it are still found. */
const problemsOf = (name: string): Problem[] => {
  const before = process.cwd()
  process.chdir(folder)
  try {
    return loadCluster(readFileSync(name, 'utf8'), name).problems
  } finally {
    process.chdir(before)
  }
}

/** What somebody reads, with the marked text of the file. */
const told = (one: Problem, text: string): string => {
  const { message, remedy } = describe(one)
  const line = text.split('\n')[(one.at?.line ?? 0) - 1] ?? ''
  const marked = line.slice((one.at?.column ?? 1) - 1).split(/(?<=[\]}]),?|, | #|: /)[0]
  return `  ${one.severity} ${one.code} ${one.at?.line}:${one.at?.column} ${marked}\n    ${message}\n    next: ${remedy}\n`.replaceAll(
    folder,
    '',
  )
}

group('files with one mistake each', () => {
  it('are told by code, severity, line, column, message and remedy', async () => {
    const page = names.map((name) => {
      const text = readFileSync(`${folder}${name}`, 'utf8')
      return `${name}\n${problemsOf(name)
        .map((one) => told(one, text))
        .join('')}`
    })
    await expect(page.join('\n')).toMatchFileSnapshot('../fixtures/config/told.txt')
  })

  it.each(names)('%s has one problem', (name) => {
    // The mistake and what follows from it are one problem, or people mend the wrong thing.
    expect(problemsOf(name)).toHaveLength(1)
  })

  it('leave no placeholder unfilled', () => {
    for (const one of names.flatMap(problemsOf)) {
      const { message, remedy } = describe(one)
      expect(`${one.code} ${message} ${remedy}`).not.toMatch(/\{\w+\}|undefined/)
    }
  })

  it('cover every code of the file', () => {
    const seen = new Set(names.flatMap(problemsOf).map((one) => one.code))
    // Codes about several files, and about a file that cannot be read, are met in tests of their own.
    const elsewhere = Object.keys(configCodes).filter((code) => code === 'Q1009' || code.startsWith('Q16'))
    expect(Object.keys(configCodes).filter((code) => !seen.has(code))).toEqual(elsewhere)
  })
})

group('pages of the codes', () => {
  it.each(Object.entries(configCodes))('%s says why, and what to type', (_, entry) => {
    expect(entry.explain.length).toBeGreaterThan(60)
    expect(entry.remedy).not.toBe('')
    expect(entry.exit).toBe(2)
    expect(entry.message.endsWith('.')).toBe(false)
  })
})
