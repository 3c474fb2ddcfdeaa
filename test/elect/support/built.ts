import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')

const newest = (directory: string): number =>
  Math.max(
    ...readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => statSync(join(directory, name)).mtimeMs),
  )

const isFresh = (stamp: string): boolean =>
  existsSync(stamp) && statSync(stamp).mtimeMs > Math.max(...['elect', 'client', 'cli'].map((part) => newest(join(root, 'src', part))))

/** Directory of the compiled program: electors and guards are processes of their own. dist where it is new enough, else one beside it. */
export const built = (): string => {
  const dist = join(root, 'dist')
  if (isFresh(join(dist, '.built'))) return dist
  const own = join(root, '.quorate/elect-test')
  mkdirSync(own, { recursive: true })
  if (isFresh(join(own, '.built'))) return own
  const command = `node_modules/.bin/tsc -p tsconfig.build.json --noCheck --outDir ${own}`
  const run = spawnSync('flock', [join(own, '.lock'), 'sh', '-c', command], { cwd: root, encoding: 'utf8' })
  if (!existsSync(join(own, 'elect/guard-main.js'))) throw new Error(`the sources do not compile: ${run.stdout}${run.stderr}`)
  writeFileSync(join(own, '.built'), '')
  return own
}
