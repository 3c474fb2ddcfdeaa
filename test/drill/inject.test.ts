import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { FaultSpec, MachineScripts } from '../../src/drill/faults/fault.js'
import { faultTable } from '../../src/drill/faults/table.js'
import { armedFiles, armScript, unitOf, unitPrefix } from '../../src/drill/inject/armed-undo.js'
import { awaitProof, together } from '../../src/drill/inject/await-proof.js'
import { withRecordLock } from '../../src/drill/inject/end-record.js'
import { openFault } from '../../src/drill/inject/open-fault.js'
import {
  type FaultRecord,
  listRecords,
  readRecord,
  recordPath,
  removeRecord,
  stateRootOf,
  writeRecord,
} from '../../src/drill/inject/record.js'
import { faultDir } from '../../src/drill/scripts/prelude.js'
import { labPaths } from '../../src/lab/paths.js'
import { type FakeMachine, fakeFleet } from '../../src/machine/fake.js'
import { example } from './support/examples.js'

const cluster = example('stacked')
const scripts: MachineScripts = { inject: 'INJECT', effect: 'EFFECT', undo: 'UNDO', undone: 'UNDONE' }
const spec = (own: Partial<MachineScripts> = {}): FaultSpec => {
  const [first] = faultTable
  if (!first) throw new Error('the table is empty')
  return { ...first, id: 'test', title: 'A test', mechanism: { kind: 'scripts', on: () => ({ ...scripts, ...own }) } }
}
const victims = cluster.machines.slice(0, 2)
const scratch = mkdtempSync(join(tmpdir(), 'quorate-inject-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What each script was, in one word. */
const word = (script: string): string =>
  /systemd-run/.test(script)
    ? `arm ${script.includes('-prepare ') ? 'prepare' : 'fault'}`
    : /^systemctl stop [^ ]*-prepare\.timer 2/.test(script.trim())
      ? 'let prepare go'
      : /rm -rf/.test(script)
        ? 'forget'
        : (/INJECT|EFFECT|UNDONE|UNDO|PREPARE/.exec(script)?.[0].toLowerCase() ?? script)
const words = (machine: FakeMachine | undefined): string[] => (machine?.scripts ?? []).map(word)

describe('a fault made by scripts', () => {
  it('is armed on every victim before anything is touched, and leaves nothing', async () => {
    const fleet = fakeFleet(cluster.machines)
    const open = await openFault(spec(), victims, { cluster, fleet, id: 'f-1', undoAfterMs: 30_000 })
    expect([...fleet.fakes.values()].every((m) => m.scripts.length === 0 && m.files.size === 0)).toBe(true)
    await open.prepare()
    for (const { name } of victims) {
      expect(words(fleet.fakes.get(name))).toEqual(['arm fault'])
      expect([...(fleet.fakes.get(name)?.files.keys() ?? [])].sort()).toEqual(
        ['end.sh', 'undo.sh', 'undone.sh', 'what'].map((file) => `${faultDir('f-1')}/${file}`),
      )
    }
    await open.inject()
    expect(await open.awaitEffect(1000)).toMatchObject({ proven: true })
    await open.undo()
    expect(await open.awaitUndone(1000)).toMatchObject({ proven: true })
    for (const { name } of victims)
      expect(words(fleet.fakes.get(name))).toEqual(['arm fault', 'inject', 'effect', 'undo', 'undone', 'forget'])
    expect(fleet.fakes.get(cluster.machines[3]?.name ?? '')?.scripts).toEqual([])
  })

  it('is guarded while it is prepared, without a gap between the two timers', async () => {
    const fleet = fakeFleet(cluster.machines)
    const open = await openFault(spec({ prepare: 'PREPARE' }), victims.slice(0, 1), { cluster, fleet, id: 'f-2', undoAfterMs: 30_000 })
    await open.prepare()
    expect(words(fleet.fakes.get(victims[0]?.name ?? ''))).toEqual(['arm prepare', 'prepare', 'arm fault', 'let prepare go'])
  })

  it('is not made when it cannot be armed', async () => {
    const fleet = fakeFleet(cluster.machines, (script) => (script.includes('systemd-run') ? { exit: 1, stderr: 'no systemd' } : undefined))
    const open = await openFault(spec({ prepare: 'PREPARE' }), victims, { cluster, fleet, id: 'f-3', undoAfterMs: 30_000 })
    await expect(open.prepare()).rejects.toMatchObject({ problem: { code: 'Q6010', data: { said: 'no systemd' } } })
    expect(words(fleet.fakes.get(victims[0]?.name ?? ''))).toEqual(['arm prepare'])
  })

  it('that is not seen in force is a finding, not an error, and names who did not show it', async () => {
    const fleet = fakeFleet(cluster.machines, (script, m) =>
      script.includes('EFFECT') && m.name === victims[1]?.name ? { exit: 1, stdout: 'it runs on\n' } : { stdout: 'gone\n' },
    )
    const open = await openFault(spec(), victims, { cluster, fleet, id: 'f-4', undoAfterMs: 30_000 })
    await open.inject()
    expect(await open.awaitEffect(250)).toMatchObject({ proven: false, says: `${victims[1]?.name}: it runs on` })
  })

  it('is mended on all victims though one cannot be, and after the drill was interrupted', async () => {
    const stop = new AbortController()
    const fleet = fakeFleet(cluster.machines, (script, m) =>
      script.includes('UNDO') && m.name === victims[0]?.name ? { exit: 1, stderr: 'no quorum' } : undefined,
    )
    const open = await openFault(spec(), victims, { cluster, fleet, id: 'f-5', undoAfterMs: 30_000, signal: stop.signal })
    await open.inject()
    stop.abort()
    await expect(open.awaitEffect(1000)).rejects.toBeDefined()
    await expect(open.undo()).rejects.toMatchObject({ problem: { code: 'Q6013', machine: victims[0]?.name } })
    expect(words(fleet.fakes.get(victims[1]?.name ?? ''))).toEqual(['inject', 'undo'])
  })

  it('takes only ids that can name files, units and tables', async () => {
    const fleet = fakeFleet(cluster.machines)
    for (const id of ['', 'A', 'a b', '../x', 'x'.repeat(60)])
      await expect(openFault(spec(), victims, { cluster, fleet, id, undoAfterMs: 1 })).rejects.toThrow()
  })
})

describe('a fault made from outside', () => {
  const of = (id: string): FaultSpec => {
    const found = faultTable.find((one) => one.id === id)
    if (!found) throw new Error(id)
    return found
  }
  it('is refused on hosts that exist, a clean reboot excepted', async () => {
    const fleet = fakeFleet(cluster.machines)
    const options = { cluster, fleet, undoAfterMs: 1000 }
    await expect(openFault(of('worker-power'), victims, { ...options, id: 'p' })).rejects.toMatchObject({ problem: { code: 'Q6015' } })
    await expect(openFault(of('worker-freeze'), victims, { ...options, id: 'q' })).rejects.toMatchObject({ problem: { code: 'Q6015' } })
    const open = await openFault(of('worker-reboot'), victims.slice(0, 1), { ...options, id: 'r' })
    await open.inject()
    expect(fleet.fakes.get(victims[0]?.name ?? '')?.scripts).toEqual(['systemctl reboot --no-block'])
  })

  it('is written down whole, or counts as not written', async () => {
    const paths = labPaths(scratch, 'demo')
    expect(stateRootOf(paths)).toBe(scratch)
    const record: FaultRecord = {
      v: 1,
      id: 'p-1',
      title: 'Power loss',
      kind: 'power',
      machines: ['lb-1'],
      cluster,
      stateRoot: scratch,
      undoAt: new Date().toISOString(),
    }
    const path = recordPath(paths, 'p-1')
    expect(await listRecords(paths)).toEqual([])
    await writeRecord(path, record)
    expect(await readRecord(path)).toEqual(record)
    expect(await listRecords(paths)).toEqual([path])
    writeFileSync(`${path}.new`, '{"v":1,"id"')
    expect(await listRecords(paths)).toEqual([path])
    writeFileSync(path, '{"v":1,"id"')
    expect(await readRecord(path)).toBeUndefined()
    await removeRecord(path)
    await removeRecord(path)
    expect(await readRecord(path)).toBeUndefined()
  })

  it('is mended by one process at a time', async () => {
    let at = 0
    let most = 0
    await Promise.all(
      [1, 2, 3].map(() =>
        withRecordLock(join(scratch, 'x'), async () => {
          most = Math.max(most, ++at)
          await new Promise((done) => setTimeout(done, 30))
          at--
        }),
      ),
    )
    expect(most).toBe(1)
  })
})

describe('the armed undo', () => {
  it('is a timer of the machine with a name of its own, and holds no text of a user', () => {
    const text = armScript('f-1', 'fault', 12_345)
    expect(text).toContain(`--unit=${unitPrefix}f-1 `)
    expect(text).toContain('--on-active=12345ms')
    expect(text).toContain(`${faultDir('f-1')}/end.sh`)
    expect(unitOf('f-1', 'prepare')).not.toBe(unitOf('f-1', 'fault'))
  })

  const lay = (id: string, own: Partial<MachineScripts>): { dir: string; run: () => number | null } => {
    const dir = join(scratch, id)
    execFileSync('mkdir', ['-p', dir])
    for (const file of armedFiles(id, 'A test', { ...scripts, ...own }))
      writeFileSync(join(dir, file.path.split('/').at(-1) ?? ''), String(file.content).replaceAll(faultDir(id), dir))
    return { dir, run: () => spawnSync('sh', [join(dir, 'end.sh')], { timeout: 15_000 }).status }
  }

  it('tries until the fault is seen gone, removes itself, and does nothing then', () => {
    const { dir, run } = lay('end-1', {
      undo: `echo undo >> ${scratch}/log`,
      undone: `[ "$(wc -l < ${scratch}/seen 2>/dev/null || echo 0)" -ge 2 ] || { echo x >> ${scratch}/seen; exit 1; }`,
    })
    expect(run()).toBe(0)
    expect(readFileSync(`${scratch}/log`, 'utf8')).toBe('undo\n')
    expect(readdirSync(scratch)).not.toContain('end-1')
    writeFileSync(`${scratch}/log`, '')
    execFileSync('mkdir', ['-p', dir])
    rmSync(dir, { recursive: true })
    expect(readFileSync(`${scratch}/log`, 'utf8')).toBe('')
  }, 20_000)
})

describe('proofs', () => {
  it('are asked for again until they are there, and count an answer that cannot be had as not yet', async () => {
    let n = 0
    const seen = await awaitProof(5000, async () => {
      if (++n === 1) throw new Error('no way in')
      return { proven: n > 2, says: `try ${n}` }
    })
    expect(seen).toMatchObject({ proven: true, says: 'try 3' })
    const never = await awaitProof(150, () => Promise.reject(new Error('no way in')))
    expect(never).toMatchObject({ proven: false, says: 'could not be asked: no way in' })
  })

  it('of several machines are one: the last moment, the open ones in words', () => {
    const one = { name: 'a', proven: true, says: 'gone', atMs: 1 }
    expect(together([one])).toEqual({ proven: true, says: 'gone', atMs: 1 })
    expect(together([one, { ...one, name: 'b', atMs: 3 }])).toEqual({ proven: true, says: 'a, b: gone', atMs: 3 })
    expect(together([one, { name: 'b', proven: false, says: 'runs', atMs: 2 }])).toEqual({ proven: false, says: 'b: runs', atMs: 2 })
  })
})
