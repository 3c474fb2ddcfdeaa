import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { initText } from '../src/config/init.js'
import type { BalancerKind } from '../src/model/cluster.js'
import { drill, inWords, quorate, type Row, rowOf } from './support/drills.js'
import { columns } from './support/figures.js'
import { withScratch } from './support/scratch.js'

// What clients on new connections feel of the same faults with each kind of balancer, on the same machines but for those that it needs itself.
const repeat = Number(process.env.QUORATE_BENCH_REPEAT ?? 1)
const kinds: BalancerKind[] = ['haproxy-keepalived', 'nginx-keepalived', 'node-local']
const faults = ['apiserver-kill', 'apiserver-freeze', 'proxy-kill', 'proxy-freeze', 'holder-power', 'control-plane-power', 'zone-power']

const found = new Map<BalancerKind, Map<string, Row>>()
await withScratch('balancers', async ({ root, withCluster }) => {
  for (const kind of kinds) {
    console.error(`${kind}: building the cluster`)
    const text = initText({ name: kind, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 }, kind)
    const runs = await withCluster(text, async (file) => {
      await quorate(['up', file])
      return await drill(file, faults, repeat, join(root, `${kind}-drill`))
    })
    found.set(kind, new Map(faults.flatMap((id) => rowOf(id, runs) ?? []).map((row) => [row.fault, row])))
  }
})

const cell = (row: Row | undefined): string => (row ? `${inWords(row.span)} / ${inWords(row.longest)}` : '-')
console.error('\nSpan from first to last failure / longest run of failures, milliseconds, new connections')
columns([['fault', ...kinds], ...faults.map((id) => [id, ...kinds.map((kind) => cell(found.get(kind)?.get(id)))])])
const rows = kinds.flatMap((kind) => [...(found.get(kind)?.values() ?? [])].map((row) => ({ balancer: kind, ...row })))
console.log(
  JSON.stringify(
    {
      title: 'Fail-over by kind of balancer',
      at: new Date().toISOString(),
      cpus: cpus().length,
      cpu: cpus()[0]?.model,
      kernel: release(),
      rows,
    },
    undefined,
    2,
  ),
)
