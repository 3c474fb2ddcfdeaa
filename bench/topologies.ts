import { readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { initText } from '../src/config/init.js'
import { measure } from './support/command.js'
import { type Figure, median, report } from './support/figures.js'
import { withScratch } from './support/scratch.js'

// How long every topology takes next to the default, all claims of each included. What needs something of the user's (an etcd, a balancer)
// or another cluster (a hosted control plane) is timed in the tests that bring those.
const rounds = Number(process.env.QUORATE_BENCH_ROUNDS ?? 1)
const examples = ['single', 'three-machines', 'nginx', 'node-local', 'external-etcd', 'metallb', 'five-control-planes']

const files: [name: string, text: string][] = [
  ['default', initText({ name: 'default', controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })],
  ...examples.map((name): [string, string] => [name, readFileSync(`examples/${name}.yaml`, 'utf8')]),
]

const times: Record<string, number[]> = {}
await withScratch('topologies', async ({ withCluster }) => {
  for (let round = 0; round < rounds; round++) {
    // Each goes first as often as last.
    for (const [name, text] of round % 2 === 0 ? files : [...files].reverse()) {
      const { ms } = await withCluster(text, (file) => measure(['up', file, '-o', 'json']))
      times[name] = [...(times[name] ?? []), ms / 1000]
      console.error(`${name}: ${(ms / 1000).toFixed(1)} s`)
    }
  }
})

const against = (name: string): number[] => (times[name] ?? []).map((one, i) => one / (times.default?.[i] ?? Number.NaN))
report(
  'From nothing to a cluster whose claims hold, by topology',
  [
    ...files.map(([name]): Figure => ({ name, unit: 's', values: times[name] ?? [] })),
    { name: 'five control planes, times the default', unit: 'x', values: against('five-control-planes'), goal: { at: 'most', value: 1.7 } },
  ],
  { cpus: cpus().length, cpu: cpus()[0]?.model, kernel: release(), node: process.version, medianDefaultS: median(times.default ?? []) },
)
