import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDrill } from '../../src/drill/drill.js'
import { type JudgedRun, judgeRun } from '../../src/drill/judge-run.js'
import { writeReports } from '../../src/drill/write-reports.js'
import type { FinalState } from '../../src/history/index.js'
import { parseReport } from '../../src/report/json.js'
import { FakeWorld } from './support/fake-world.js'

const now = Date.parse('2030-01-01T00:00:00Z')
const judge = (directory: string): Promise<JudgedRun> => judgeRun(directory, { now })
const verdictOf = (run: JudgedRun, id: string): string | undefined => run.report.faults.find((one) => one.id === id)?.verdict
const whyOf = (run: JudgedRun, id: string): string =>
  run.report.faults
    .find((one) => one.id === id)
    ?.reasons.map((one) => one.says)
    .join('; ') ?? ''

let base: string
let recorded: string
/** The directory as a kill -9 in the middle of the second fault leaves it. */
let killed: string

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'judge-'))
  recorded = join(base, 'run')
  killed = join(base, 'killed')
  let copied: Promise<void> | undefined
  const onInject = (): void => {
    copied = cp(recorded, killed, { recursive: true })
  }
  await runDrill(new FakeWorld({ 'proxy-kill': { outageMs: 60, onInject }, 'quorum-lost': { outageMs: Number.POSITIVE_INFINITY } }), {
    directory: recorded,
    quorate: '0.0.0',
    select: { only: ['proxy-kill', 'keepalived-kill'] },
    seed: 1,
    baselineMs: 250,
    pace: { holdMs: 350, settleMs: 120 },
    emit: () => {},
    signal: new AbortController().signal,
    now: () => now,
  })
  await copied
}, 30_000)
afterAll(() => rm(base, { recursive: true, force: true }))

/** A copy of the recorded run, with one file of one fault changed. */
const changed = async (name: string, fault: string, file: string, change: (text: string) => string): Promise<string> => {
  const copy = join(base, name)
  await cp(recorded, copy, { recursive: true })
  const path = join(copy, 'faults', fault, file)
  await writeFile(path, change(await readFile(path, 'utf8')))
  return copy
}
const proxy = '002-proxy-kill'

describe('judging a recorded run', () => {
  it('passes what is whole', async () => {
    const run = await judge(recorded)
    expect(run.complete).toBe(true)
    expect(run.report.faults.map((one) => one.verdict)).toEqual(['pass', 'pass', 'pass', 'pass'])
  })

  it('finds a write that is missing in the recorded end of one etcd member', async () => {
    const copy = await changed('lost', proxy, 'final-etcd-cp-2.json', (text) => {
      const final = JSON.parse(text) as FinalState
      const [first = ''] = Object.keys(final.items)
      delete final.items[first]
      return JSON.stringify(final)
    })
    const run = await judge(copy)
    expect(verdictOf(run, 'proxy-kill')).toBe('fail')
    expect(verdictOf(run, 'keepalived-kill')).toBe('pass')
    const found = run.report.faults.find((one) => one.id === 'proxy-kill')?.safety.properties.find((one) => one.verdict === 'violated')
    expect(found?.property).toBe('acknowledged-writes-present')
    expect(found?.witness?.operations).toHaveLength(1)
  })

  it('finds a watch event that was skipped', async () => {
    const copy = await changed('skipped', proxy, 'watch.ndjson', (text) => {
      const lines = text.split('\n')
      lines.splice(5, 1)
      return lines.join('\n')
    })
    expect(verdictOf(await judge(copy), 'proxy-kill')).toBe('fail')
  })

  it('does not pass a fault whose end was not recorded, whose proof is gone, or whose samples are gone', async () => {
    const unended = await changed('unended', proxy, 'timeline.json', (text) => text.replace('"state": "done"', '"state": "open"'))
    expect(verdictOf(await judge(unended), 'proxy-kill')).toBe('not-evaluated')
    const unproven = await changed('unproven', proxy, 'timeline.json', (text) => text.replace('"proven": true', '"proven": false'))
    expect(whyOf(await judge(unproven), 'proxy-kill')).toContain('not seen in force')
    expect(verdictOf(await judge(unproven), 'proxy-kill')).toBe('not-evaluated')
    const unsampled = await changed('unsampled', proxy, 'samples.ndjson', () => '')
    expect(verdictOf(await judge(unsampled), 'proxy-kill')).toBe('not-evaluated')
  })

  it('says that a killed run is incomplete, and passes nothing that was not drilled', async () => {
    const run = await judge(killed)
    expect(run.complete).toBe(false)
    expect(run.notes.join()).toContain('killed')
    expect(run.report.faults.map((one) => [one.id, one.verdict])).toEqual([
      ['no-fault', 'pass'],
      ['proxy-kill', 'not-evaluated'],
      ['keepalived-kill', 'not-evaluated'],
      ['quorum-lost', 'not-evaluated'],
    ])
    expect(run.report.score.because.join()).toContain('controls were not run')
    expect(run.report.domains.every((one) => one.verdict !== 'proven')).toBe(true)
  })

  it('writes reports that hold the same', async () => {
    const run = await judge(recorded)
    const files = await writeReports(recorded, run.report)
    expect(parseReport(await readFile(files.json, 'utf8'), files.json).score).toEqual(run.report.score)
    expect(await readFile(files.html, 'utf8')).toContain('Proxy killed on the virtual IP holder')
    expect(await readFile(files.junit, 'utf8')).toContain('<testsuite')
  })

  it('refuses what is no run, or damaged', async () => {
    await expect(judge(join(base, 'nowhere'))).rejects.toMatchObject({ problem: { code: 'Q6901' } })
    const copy = await changed('damaged', proxy, 'timeline.json', (text) => text.slice(0, 50))
    await expect(judge(copy)).rejects.toMatchObject({ problem: { code: 'Q6902' } })
  })
})
