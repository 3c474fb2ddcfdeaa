import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { initText } from '../../src/config/init.js'
import type { Event } from '../../src/model/event.js'
import type { DrillReport, FaultReport } from '../../src/report/drill-report.js'
import { type Ended, quorate, type RunOptions } from './quorate.js'
import { labState } from './support.js'

const name = 't-drill'
const { root: state, clean } = labState(name)
const cwd = mkdtempSync(join(tmpdir(), 'quorate-drill-'))
const file = join(cwd, 'cluster.yaml')
writeFileSync(file, initText({ name, controlPlanes: 3, workers: 1, balancers: 2, zones: 3 }))

const run = (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ended> =>
  quorate(args, { state, cwd, limitMs: 600_000, ...more }).ended
const at = (directory: string): string => join(cwd, directory)

beforeAll(async () => {
  // Building is tested elsewhere; on a busy computer it may take a second go, which continues the first.
  let up = await run(['up', file])
  for (let i = 0; i < 2 && up.exit !== 0; i++) up = await run(['up', file])
  expect(up.exit, up.err).toBe(0)
})
afterAll(async () => {
  await run(['down', name])
  await clean()
  rmSync(cwd, { recursive: true, force: true })
})

/** At least one of each kind. */
const faults = ['apiserver-kill', 'proxy-kill', 'keepalived-freeze', 'vrrp-cut', 'etcd-wiped', 'holder-power']

describe('a short drill of a real cluster', () => {
  let report: DrillReport
  const fault = (id: string): FaultReport => {
    const found = report.faults.find((one) => one.id === id)
    if (!found) throw new Error(`${id} is not in the report`)
    return found
  }

  it('breaks, measures, proves and mends one fault after another, with both controls', async () => {
    const ended = await run(['drill', file, '--only', faults.join(','), '--out', at('run'), '-o', 'json'])
    expect([0, 4], ended.err).toContain(ended.exit)
    report = JSON.parse(ended.out) as DrillReport
    expect(report.faults.map((one) => one.id).sort()).toEqual([...faults, 'no-fault', 'quorum-lost'].sort())
    for (const one of report.faults) {
      const said = `${one.id}: ${JSON.stringify(one.reasons)}`
      expect(one.effectProof.proven, said).toBe(true)
      expect(one.undoProof.proven, said).toBe(true)
      expect(one.redundancy.back, said).toBe(true)
      // How long an outage is depends on what else this computer does; that no write is lost does not.
      expect(one.safety.verdict, said).toBe('valid')
    }
  })

  it('sees a lasting outage where there is one', () => {
    expect(fault('quorum-lost').verdict, JSON.stringify(fault('quorum-lost').reasons)).toBe('pass')
  })

  it('chose victims by role', () => {
    const { victim, timeline } = fault('holder-power')
    const held = timeline.lanes.find((one) => one.name === `VIP on ${victim.machines[0]}`)
    expect(held?.segments.length).toBeGreaterThan(0)
    const other = timeline.lanes.filter((one) => one.group === 'virtual-ip' && !one.name.endsWith(victim.machines[0] ?? ''))
    expect(other.flatMap((one) => one.segments).length).toBeGreaterThan(0)
  })

  it('left reports, and the records give the same verdicts again', async () => {
    for (const one of ['report.html', 'report.md', 'junit.xml', 'report.json']) expect(existsSync(join(at('run'), one)), one).toBe(true)
    const again = JSON.parse((await run(['judge', at('run'), '-o', 'json'])).out) as DrillReport
    expect(again.faults.map((one) => [one.id, one.verdict])).toEqual(report.faults.map((one) => [one.id, one.verdict]))
  })
})

describe('a drill that is killed while a fault is in force', () => {
  it('leaves a fault that heal undoes, and records that are called incomplete', async () => {
    const inForce = (event: Event): boolean =>
      event.type === 'drill.fault.phase' && event.fault === 'apiserver-freeze' && event.phase === 'hold'
    const killed = await run(['drill', file, '--only', 'apiserver-freeze', '--out', at('killed'), '-o', 'events'], {
      onEvent: (event, running) => {
        if (inForce(event)) process.kill(running.pid, 'SIGKILL')
      },
    })
    expect(killed.exit, killed.err).toBe(137)
    const judged = await run(['judge', at('killed')])
    expect(judged.exit).toBe(4)
    expect(judged.out).toContain('incomplete')
    const healed = await run(['heal', file, '-o', 'json'])
    expect(healed.exit, healed.err).toBe(0)
    const { healed: found } = JSON.parse(healed.out) as { healed: { what: string }[] }
    expect(found.some((one) => one.what.includes('API server behind the endpoint frozen'))).toBe(true)
    expect((await run(['heal', file])).out).toContain('nothing to undo')
    const text = readFileSync(join(at('killed'), 'run.json'), 'utf8')
    expect((JSON.parse(text) as { state: string }).state).toBe('open')
  })

  it('and the cluster is whole again', async () => {
    // What was frozen catches up first.
    for (let i = 0; i < 20; i++) if ((await run(['check', file])).exit === 0) return
    expect((await run(['check', file])).out).toBe('')
  })
})
