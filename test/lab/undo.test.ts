import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { heal } from '../../src/drill/heal.js'
import { bootIdOf, greeting } from '../../src/drill/inject/reach.js'
import { listRecords } from '../../src/drill/inject/record.js'
import { drillDir } from '../../src/drill/scripts/prelude.js'
import { type Lab, openLab } from '../../src/lab/lab.js'
import { labImage, labState, machinesOnly } from './support.js'
import { processesNaming } from './traces.js'

const cluster = machinesOnly('t-undo', 3, '10.97.11.0/24')
const [cut, frozen, dark] = cluster.machines.map((m) => m.name) as [string, string, string]
const pairs = [`holder-isolated=${cut}`, `worker-freeze=${frozen}`, `worker-power=${dark}`]

let state: ReturnType<typeof labState>
let lab: Lab
beforeAll(async () => {
  state = labState(cluster.name)
  const image = await labImage()
  lab = openLab(cluster, state.root)
  await lab.prepare()
  await Promise.all(cluster.machines.map((m) => lab.boot(m.name, image)))
})
afterAll(async () => {
  await lab?.fleet.close()
  await state?.clean()
})

const address = (name: string): string => cluster.machines.find((m) => m.name === name)?.address ?? ''
const bootIds = (): Promise<(string | undefined)[]> => Promise.all(cluster.machines.map((m) => bootIdOf(lab.fleet.machine(m.name), 3000)))
const traces = async (name: string): Promise<string> =>
  (
    await lab.fleet
      .machine(name)
      .sh(
        `ls ${drillDir} 2>/dev/null; nft list tables | grep quorate_fault; systemctl list-units --plain --no-legend 'quorate-undo*'; true`,
      )
  ).stdout.trim()

/** Breaks all three and is killed in the middle, with no chance to mend anything. */
const breakAndDie = async (undoAfterMs: number): Promise<number> => {
  const program = fileURLToPath(new URL('./fault-child.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(cluster), state.root, String(undoAfterMs), ...pairs], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', () => reject(new Error(said)))
  })
  child.kill('SIGKILL')
  return performance.now()
}

const areBroken = async (): Promise<void> => {
  // Cut off, but for the way in.
  expect(await greeting(lab.fleet, address(cut), 22, 2000)).toBe('greets')
  await expect(lab.fleet.dial(address(cut), 9999, { timeoutMs: 300 })).rejects.toMatchObject({ problem: { data: { reason: /no answer/ } } })
  expect(await greeting(lab.fleet, address(frozen), 22, 500)).toBe('silent')
  expect(await greeting(lab.fleet, address(dark), 22, 300)).toBe('none')
  expect(await lab.isRunning(dark)).toBe(false)
}

const areWhole = async (before: readonly (string | undefined)[]): Promise<void> => {
  const after = await bootIds()
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
  expect(after[2]).toBeTruthy()
  expect(after[2]).not.toBe(before[2])
  await expect(lab.fleet.dial(address(cut), 9999, { timeoutMs: 1000 })).rejects.toMatchObject({ problem: { data: { reason: /refused/ } } })
  expect(await traces(cut)).toBe('')
  expect(await listRecords(lab.paths)).toEqual([])
  expect(processesNaming(`${lab.paths.dir}/faults/`)).toEqual([])
}

it('undoes itself when quorate is killed in the middle of three faults, on time and without a trace', async () => {
  const before = await bootIds()
  const killedMs = await breakAndDie(12_000)
  await areBroken()
  const endMs = killedMs + 60_000
  while (performance.now() < endMs) {
    if ((await listRecords(lab.paths)).length === 0 && (await traces(cut)) === '') break
    await sleep(300)
  }
  await sleep(500)
  await areWhole(before)
}, 120_000)

it('is undone by heal, which says what it did, and finds nothing the second time', async () => {
  const before = await bootIds()
  await breakAndDie(600_000)
  await areBroken()
  const healed = await heal({ cluster, fleet: lab.fleet, lab })
  expect(healed.map(({ machine, id, ok }) => `${machine} ${id} ${ok}`).sort()).toEqual(
    pairs.map((pair) => pair.split('=')).map(([id, machine]) => `${machine} t-${id} true`),
  )
  await sleep(1000)
  await areWhole(before)
  expect(await heal({ cluster, fleet: lab.fleet, lab })).toEqual([])
}, 120_000)
