import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../src')

/** Ranks from the outside to the inside: a folder imports only folders of its own rank or further down. */
const ranks: readonly (readonly string[])[] = [
  ['index', 'cli', 'server'],
  ['operate'],
  ['report', 'drill', 'run'],
  ['steps'],
  ['check', 'observe', 'plan', 'elect'],
  ['render', 'pki', 'bundle', 'machine', 'lab', 'client'],
  ['config'],
  ['model', 'package'],
]
/** Folders that stand alone. */
const onlyModel = ['history']

interface Arrow {
  from: string
  to: string
  file: string
  line: number
}

const folderOf = (file: string): string => {
  const [first = '', second] = relative(src, file).split('/')
  return second === undefined ? first.replace(/\.[jt]s$/, '') : first
}

const arrows = (): Arrow[] =>
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = join(src, name)
      const text = readFileSync(file, 'utf8')
      return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((match) => ({
        from: folderOf(file),
        to: folderOf(resolve(dirname(file), match[1] ?? '')),
        file: name,
        line: text.slice(0, match.index).split('\n').length,
      }))
    })
    .filter(({ from, to }) => from !== to)

const rankOf = (folder: string): number => ranks.findIndex((rank) => rank.includes(folder))
const shown = ({ file, line, from, to }: Arrow) => `src/${file}:${line}: ${from} -> ${to}`

describe('imports', () => {
  const all = arrows()

  it('are found at all', () => expect(all.length).toBeGreaterThan(20))

  it('come from folders whose place is written down here', () => {
    const unknown = all.flatMap(({ from, to }) => [from, to]).filter((folder) => rankOf(folder) < 0 && !onlyModel.includes(folder))
    expect([...new Set(unknown)]).toEqual([])
  })

  it('point one way: no arrow turns back', () => {
    const back = all.filter(({ from, to }) => !onlyModel.includes(from) && !onlyModel.includes(to) && rankOf(to) < rankOf(from))
    expect(back.map(shown)).toEqual([])
  })

  it('make no circle between folders of one rank', () => {
    const next = new Map<string, Set<string>>()
    for (const { from, to } of all) next.set(from, (next.get(from) ?? new Set()).add(to))
    const circles: string[] = []
    const walk = (folder: string, path: readonly string[]): void => {
      if (path.includes(folder)) {
        circles.push([...path.slice(path.indexOf(folder)), folder].join(' -> '))
        return
      }
      for (const one of next.get(folder) ?? []) walk(one, [...path, folder])
    }
    for (const folder of next.keys()) walk(folder, [])
    expect([...new Set(circles)]).toEqual([])
  })

  it('of history/ reach nothing of ours but model/', () => {
    expect(all.filter(({ from, to }) => onlyModel.includes(from) && to !== 'model').map(shown)).toEqual([])
  })
})
