import { readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { initText } from '../src/config/init.js'
import { measure } from './support/command.js'
import { type Figure, median, report } from './support/figures.js'
import { withScratch } from './support/scratch.js'

// How long every topology takes next to the default, all claims of each included. What needs something of the user's (an etcd, a balancer)
// or another cluster (a hosted control plane) is timed in the tests that bring those.
//   QUORATE_BENCH_ROUNDS=3            so often each
//   QUORATE_BENCH_ONLY=default,five   only those whose name is here
const rounds = Number(process.env.QUORATE_BENCH_ROUNDS ?? 1)
const only = process.env.QUORATE_BENCH_ONLY?.split(',')
const examples = ['single', 'three-machines', 'nginx', 'node-local', 'external-etcd', 'metallb', 'five-control-planes']

/** The default, and with nothing changed but the number of its control planes. */
const three = initText({ name: 'default', controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })
const five = initText({ name: 'five', controlPlanes: 5, workers: 2, balancers: 2, zones: 3 })
const all: [name: string, text: string][] = [
  ['default', three],
  ['five', five],
  ...examples.map((name): [string, string] => [name, readFileSync(`examples/${name}.yaml`, 'utf8')]),
]
const files = all.filter(([name]) => only?.includes(name) ?? true)

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

const against = (name: string): number[] =>
  times.default ? (times[name] ?? []).map((one, i) => one / (times.default?.[i] ?? Number.NaN)) : []
const figures: Figure[] = [
  ...files.map(([name]) => ({ name, unit: 's', values: times[name] ?? [] })),
  { name: 'five control planes instead of three, times', unit: 'x', values: against('five'), goal: { at: 'most', value: 1.7 } },
  { name: 'five control planes and five workers, times the default', unit: 'x', values: against('five-control-planes') },
]
report(
  'From nothing to a cluster whose claims hold, by topology',
  figures.filter(({ values }) => values.length > 0),
  { cpus: cpus().length, cpu: cpus()[0]?.model, kernel: release(), node: process.version, medianDefaultS: median(times.default ?? []) },
)
