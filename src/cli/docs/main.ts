import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePages } from './pages.js'

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

// Run by scripts/generate-docs in the root of a clone.
const folder = join('docs', 'reference')
const onlyCheck = process.argv.includes('--check')
let stale = 0
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(await referencePages())) {
  const file = join(folder, name)
  if (read(file) === text) continue
  stale++
  if (onlyCheck) process.stderr.write(`${file} is not what the program says; run scripts/generate-docs\n`)
  else writeFileSync(file, text)
}
process.stderr.write(onlyCheck ? `${stale} stale pages\n` : `${stale} pages written\n`)
process.exitCode = onlyCheck && stale > 0 ? 1 : 0
