import { expect, describe as group, it } from 'vitest'
import { isMap, parseDocument } from 'yaml'
import { fieldTable } from '../../src/config/fields.js'
import { initText } from '../../src/config/init.js'
import { loadCluster } from '../../src/config/load.js'
import { describe } from '../../src/model/codes.js'

/** A file that writes every field, so that each can be spoilt in turn. */
const full = initText({ name: 'demo', controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })
  .replace(
    '    plugin: routed\n',
    '    plugin: routed\n    machineSubnet: 10.99.0.0/24\n    dnsDomain: cluster.local\n    nodePortRange: 30000-32767\n',
  )
  .replace(
    '  machines:\n',
    '  virtualRouterId: 7\n  dns: { replicas: 2 }\n  loadBalancer: { addressPool: [10.99.0.200/29] }\n  ssh: { user: root, port: 22 }\n  machines:\n',
  )
  .replace('roles: [worker] }\n', 'roles: [worker], ssh: { user: admin, port: 2222 } }\n')

type Path = (string | number)[]
const fields: { path: Path; value: unknown }[] = []
const walk = (value: unknown, path: Path): void => {
  if (path.length > 0) fields.push({ path, value })
  if (Array.isArray(value)) value.forEach((one, i) => void walk(one, [...path, i]))
  else if (typeof value === 'object' && value !== null) for (const [key, one] of Object.entries(value)) walk(one, [...path, key])
}
walk(parseDocument(full).toJS(), [])
const shown = (path: Path): string => path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i ? `.${step}` : step)).join('')
const generic = (path: Path): string => shown(path).replace(/\[\d+\]/g, '[]')
const named = fields.filter(({ path }) => typeof path.at(-1) === 'string')

const spoilt = (change: (doc: ReturnType<typeof parseDocument>) => void) => {
  const doc = parseDocument(full)
  change(doc)
  const text = doc.toString()
  return { text, ...loadCluster(text, 'x.yaml') }
}

/** One problem, at a line that exists and in words without gaps; returns its code and path. */
const only = ({ text, problems }: ReturnType<typeof spoilt>) => {
  expect(problems.map((p) => `${p.code} ${p.at?.path}`)).toHaveLength(1)
  const [one] = problems
  if (!one?.at) throw new Error('no position')
  expect(one.at.line).toBeLessThanOrEqual(text.split('\n').length)
  const words = describe(one)
  expect(`${words.message}${words.remedy}`).not.toMatch(/\{\w+\}|undefined/)
  return { code: one.code, path: one.at.path, line: text.split('\n')[one.at.line - 1] ?? '', column: one.at.column }
}

group('every field of the file', () => {
  it('is in this test', () => {
    const rows = fieldTable().map((row) => row.path)
    const here = new Set(fields.map(({ path }) => generic(path)))
    // Alternatives of others, and paths that would need files.
    const left = rows.filter((path) => !here.has(path) && !/external|etcd$|controlPlane|identityFile|knownHostsFile|manifest/.test(path))
    expect(left).toEqual([])
    expect(loadCluster(full, 'x.yaml').problems).toEqual([])
  })

  const kinds = fields.map(({ path, value }) => ({ path, name: shown(path), value }))
  it.each(kinds)('$name of the wrong kind', ({ path, value }) => {
    const wrong = typeof value === 'object' ? 'a text' : { a: 'mapping' }
    const { code, path: at } = only(spoilt((doc) => doc.setIn(path, doc.createNode(wrong))))
    // A mapping in place of a word is an unknown or a missing field of the one mapping that may stand there.
    expect(at?.startsWith(shown(path))).toBe(true)
    expect(['Q1003', 'Q1005', 'Q1006']).toContain(code)
  })

  it.each(named.map(({ path }) => ({ path, name: shown(path) })))('$name misspelt', ({ path }) => {
    const key = String(path.at(-1))
    const typo = `${key.slice(0, -1)}${key.at(-1) === 'x' ? 'y' : 'x'}`
    const found = only(
      spoilt((doc) => {
        const parent = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1))
        if (!isMap(parent)) throw new Error('no mapping')
        const pair = parent.items.find((item) => String(item.key) === key)
        if (pair) pair.key = doc.createNode(typo)
      }),
    )
    expect(found).toMatchObject({ code: 'Q1003', path: shown([...path.slice(0, -1), typo]) })
    expect(found.line.slice(found.column - 1).startsWith(typo)).toBe(true)
  })

  it.each(named.map(({ path }) => ({ path, name: shown(path) })))('$name left out', ({ path }) => {
    const required =
      fieldTable().find((row) => row.path === generic(path))?.default === 'required' || ['apiVersion', 'kind'].includes(shown(path))
    const result = spoilt((doc) => doc.deleteIn(path))
    if (required) expect(only(result)).toMatchObject({ code: 'Q1004', path: shown(path) })
    else expect(result.problems.filter((p) => p.severity === 'error')).toEqual([])
  })
})
