import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { initText } from '../src/config/init.js'
import type { BalancerKind } from '../src/model/cluster.js'
import { drill, inWords, quorate, type Row, rowOf } from './support/drills.js'
import { columns } from './support/figures.js'

// What clients on new connections feel of the same faults with each kind of balancer, on the same machines but for those that it needs itself.
const repeat = Number(process.env.QUORATE_BENCH_REPEAT ?? 1)
const kinds: BalancerKind[] = ['haproxy-keepalived', 'nginx-keepalived', 'node-local']
const faults = ['apiserver-kill', 'apiserver-freeze', 'proxy-kill', 'proxy-freeze', 'holder-power', 'control-plane-power', 'zone-power']

const root = mkdtempSync('/var/tmp/quorate-bench-balancers-')
process.env.QUORATE_STATE = join(root, 'state')
const clean = async (): Promise<void> => {
  for (const kind of kinds) await quorate(['down', kind], [0, 1, 2])
  rmSync(root, { recursive: true, force: true })
}
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void clean().finally(() => process.exit(130)))

const fileOf = (kind: BalancerKind): string => {
  const file = join(root, `${kind}.yaml`)
  writeFileSync(file, initText({ name: kind, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 }, kind))
  return file
}

const found = new Map<BalancerKind, Map<string, Row>>()
try {
  for (const kind of kinds) {
    const file = fileOf(kind)
    console.error(`${kind}: building the cluster`)
    await quorate(['up', file])
    const runs = await drill(file, faults, repeat, join(root, `${kind}-drill`))
    found.set(kind, new Map(faults.flatMap((id) => rowOf(id, runs) ?? []).map((row) => [row.fault, row])))
    await quorate(['down', file])
  }
} finally {
  await clean()
}

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
