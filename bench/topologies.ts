import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { initText } from '../src/config/init.js'
import { measure } from './support/command.js'
import { type Figure, median, report } from './support/figures.js'

// How long every topology takes next to the default, all claims of each included. What needs something of the user's (an etcd, a balancer)
// or another cluster (a hosted control plane) is timed in the tests that bring those.
const rounds = Number(process.env.QUORATE_BENCH_ROUNDS ?? 1)
const examples = ['single', 'three-machines', 'nginx', 'node-local', 'external-etcd', 'metallb', 'five-control-planes']

const root = mkdtempSync('/var/tmp/quorate-bench-topologies-')
const env = { QUORATE_STATE: join(root, 'state') }
const standard = join(root, 'default.yaml')
writeFileSync(standard, initText({ name: 'default', controlPlanes: 3, workers: 2, balancers: 2, zones: 3 }))
const files: [name: string, path: string][] = [
  ['default', standard],
  ...examples.map((name): [string, string] => [name, `examples/${name}.yaml`]),
]

const nameIn = (path: string): string => (parse(readFileSync(path, 'utf8')) as { metadata: { name: string } }).metadata.name
const down = (path: string) => measure(['down', nameIn(path)], env).catch(() => undefined)

const times: Record<string, number[]> = {}
let left: string | undefined
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    void (left ? down(left) : Promise.resolve()).finally(() => {
      rmSync(root, { recursive: true, force: true })
      process.exit(130)
    })
  })

try {
  for (let round = 0; round < rounds; round++) {
    // Each goes first as often as last.
    for (const [name, path] of round % 2 === 0 ? files : [...files].reverse()) {
      left = path
      const { ms } = await measure(['up', path, '-o', 'json'], env)
      times[name] = [...(times[name] ?? []), ms / 1000]
      console.error(`${name}: ${(ms / 1000).toFixed(1)} s`)
      await down(path)
      left = undefined
    }
  }
} finally {
  if (left) await down(left)
  rmSync(root, { recursive: true, force: true })
}

const against = (name: string): number[] => (times[name] ?? []).map((one, i) => one / (times.default?.[i] ?? Number.NaN))
report(
  'From nothing to a cluster whose claims hold, by topology',
  [
    ...files.map(([name]): Figure => ({ name, unit: 's', values: times[name] ?? [] })),
    { name: 'five control planes, times the default', unit: 'x', values: against('five-control-planes'), goal: { at: 'most', value: 1.7 } },
  ],
  { cpus: cpus().length, cpu: cpus()[0]?.model, kernel: release(), node: process.version, medianDefaultS: median(times.default ?? []) },
)
