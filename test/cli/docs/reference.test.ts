import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { referencePages } from '../../../src/cli/docs/pages.js'

const folder = join(import.meta.dirname, '../../../docs/reference')

describe('docs/reference', async () => {
  const pages = await referencePages()
  it.each(Object.keys(pages))('%s is what the program says (scripts/generate-docs writes it)', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(pages[name])
  })
})
