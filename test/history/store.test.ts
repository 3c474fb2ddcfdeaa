import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRun, judgeHistory, NdjsonWriter, readHistory, readNdjson, readRun, recordFault } from '../../src/history/index.js'
import { simulate } from './simulate.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-store-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const head = { v: 1, quorate: '0.1.0', cluster: 'demo', startedAt: '2026-11-21T04:00:00Z' } as const

describe('a recorded run', () => {
  it('gives the same verdict when it is read back', async () => {
    const history = simulate({ seed: 5, operations: 800, clients: 4, registers: 3, revisions: true, lost: 0.05, refused: 0.05 })
    const run = join(directory, 'run')
    await createRun(run, head)
    const recorder = await recordFault(run, 1, 'etcd leader/kill')
    for (const one of history.operations) recorder.operation(one)
    for (const one of history.watches) recorder.watchEvent(one)
    for (const one of history.finals) await recorder.final(one)
    await recorder.hashes(history.hashes)
    await recorder.timeline({ fromMs: 0, toMs: 1, lanes: [] })
    await recorder.close()

    const { head: found, faults } = await readRun(run)
    expect(found).toEqual(head)
    expect(faults).toEqual([{ n: 1, id: 'etcd-leader-kill', directory: join(run, 'faults', '001-etcd-leader-kill') }])
    const { history: read, notes } = await readHistory(faults[0]?.directory ?? '')
    expect(notes).toEqual([])
    expect(read).toEqual(history)
    const now = () => 0
    expect(judgeHistory(read, { now })).toEqual(judgeHistory(history, { now }))
    expect((await stat(join(run, 'run.json'))).mode & 0o077).toBe(0)
    expect((await readdir(recorder.directory)).filter((name) => name.startsWith('.'))).toEqual([])
  })
  it('keeps faults in order beyond a thousand', async () => {
    await createRun(directory, head)
    for (const n of [1000, 2, 999]) await (await recordFault(directory, n, 'x')).close()
    expect((await readRun(directory)).faults.map((one) => one.n)).toEqual([2, 999, 1000])
  })
  it('names what is no run', async () => {
    await expect(readRun(directory)).rejects.toMatchObject({ problem: { code: 'Q6901' } })
    await writeFile(join(directory, 'run.json'), '{"v":2}')
    await expect(readRun(directory)).rejects.toMatchObject({ problem: { code: 'Q6903', data: { found: '2' } } })
    await writeFile(join(directory, 'run.json'), '{"v":')
    await expect(readRun(directory)).rejects.toMatchObject({ problem: { code: 'Q6902' } })
    await expect(readHistory(join(directory, 'nothing'))).rejects.toMatchObject({ problem: { code: 'Q6901' } })
  })
})

describe('a file of records', () => {
  const file = () => join(directory, 'x.ndjson')
  const fill = async (...records: unknown[]) => {
    const writer = await NdjsonWriter.open(file())
    for (const one of records) writer.write(one)
    await writer.close()
  }
  it('leaves out a torn last line at every length, and says so', async () => {
    await fill({ a: 1 }, { b: 'ümlaut' })
    const whole = await readFile(file())
    const firstLine = whole.indexOf(10) + 1
    for (let size = whole.length - 1; size > firstLine; size--) {
      await truncate(file(), size)
      const { records, torn } = await readNdjson(file())
      expect(records).toEqual([{ a: 1 }])
      expect(torn).toContain('incomplete')
    }
  })
  it('cuts a torn line off before it goes on', async () => {
    await fill({ a: 1 })
    await appendFile(file(), `{"half":"${'x'.repeat(200_000)}`)
    await fill({ b: 2 })
    expect(await readNdjson(file())).toEqual({ records: [{ a: 1 }, { b: 2 }] })
  })
  it('starts anew when there is nothing but a torn line', async () => {
    await writeFile(file(), '{"half"')
    await fill({ a: 1 })
    expect(await readNdjson(file())).toEqual({ records: [{ a: 1 }] })
  })
  it('refuses a bad line further up', async () => {
    await writeFile(file(), '{"a":1}\nnonsense\n{"b":2}\n')
    await expect(readNdjson(file())).rejects.toMatchObject({ problem: { code: 'Q6902', data: { line: 2 } } })
  })
  it('takes many records without waiting and keeps their order', async () => {
    const records = Array.from({ length: 20_000 }, (_, i) => ({ i, text: 'x'.repeat(i % 50) }))
    await fill(...records)
    expect((await readNdjson(file())).records).toEqual(records)
  })
  it('says when the disk is full, at close', async () => {
    const writer = await NdjsonWriter.open('/dev/full')
    writer.write({ a: 1 })
    await expect(writer.close()).rejects.toMatchObject({ problem: { code: 'Q6904' } })
    await writer.close()
  })
})
