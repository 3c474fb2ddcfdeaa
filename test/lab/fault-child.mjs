// Makes faults on machines of a lab, says `broken`, and waits to be killed. Arguments: cluster as JSON, state directory, milliseconds until the
// undo fires by itself, then FAULT=MACHINE pairs.
import { setTimeout as sleep } from 'node:timers/promises'
import { faultTable } from '../../dist/drill/faults/table.js'
import { openFault } from '../../dist/drill/inject/open-fault.js'
import { openLab } from '../../dist/lab/lab.js'

const [json, stateRoot, undoAfterMs, ...pairs] = process.argv.slice(2)
const cluster = JSON.parse(json)
const lab = openLab(cluster, stateRoot)
const open = []
for (const pair of pairs) {
  const [id, name] = pair.split('=')
  const spec = faultTable.find((one) => one.id === id)
  const victims = cluster.machines.filter((m) => m.name === name)
  const one = await openFault(spec, victims, { cluster, fleet: lab.fleet, lab, id: `t-${id}`, undoAfterMs: Number(undoAfterMs) })
  await one.prepare()
  open.push(one)
}
await Promise.all(open.map((one) => one.inject()))
for (const m of cluster.machines) (await lab.fleet.dial(m.address, 9999, { timeoutMs: 100 }).catch(() => undefined))?.destroy()
for (const one of open) {
  const seen = await one.awaitEffect(10_000)
  if (!seen.proven) throw new Error(seen.says)
}
console.log('broken')
await sleep(600_000)
