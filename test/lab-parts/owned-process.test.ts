import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { isAlive, readOwned, recordItself, recordProcess, startTimeOf } from '../../src/lab/owned-process.js'
import { labPaths } from '../../src/lab/paths.js'

describe('a process that we own', () => {
  const dir = mkdtempSync(join(tmpdir(), 'q-owned-'))
  const note = join(dir, "it's a note.json")
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('is known by its number and start time, and no other with the same number is taken for it', async () => {
    const owned = await recordProcess(note, process.pid)
    expect(await readOwned(note)).toEqual(owned)
    expect(await isAlive({ ...owned, start: '1' })).toBe(false)
    writeFileSync(note, JSON.stringify({ ...owned, start: '1' }))
    expect(await readOwned(note)).toBeUndefined()
    writeFileSync(note, '{"pid":')
    expect(await readOwned(note)).toBeUndefined()
    expect(await startTimeOf(2 ** 30)).toBeUndefined()
  })

  it('notes itself before it becomes another program', async () => {
    const child = spawn('sh', ['-c', `${recordItself(note)}\nexec sleep 20`], { stdio: 'ignore' })
    const ended = new Promise((done) => child.once('exit', done))
    try {
      for (let i = 0; i < 200 && readFileSync(`/proc/${child.pid}/comm`, 'utf8') !== 'sleep\n'; i++) await sleep(10)
      expect(await readOwned(note)).toEqual({ pid: child.pid, start: await startTimeOf(child.pid ?? 0) })
    } finally {
      child.kill('SIGKILL')
    }
    await ended
    expect(await readOwned(note)).toBeUndefined()
  })

  it('is not one that has ended and only waits to be reaped', async () => {
    // A shell that becomes another program never asks for its child again.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const pid = Number(await new Promise((done) => parent.stdout.once('data', done)))
      const state = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? ''
      for (let i = 0; i < 200 && state() !== 'Z'; i++) await sleep(10)
      expect(state()).toBe('Z')
      expect(await startTimeOf(pid)).toBeUndefined()
    } finally {
      parent.kill('SIGKILL')
    }
  })
})

describe('the paths of a lab', () => {
  it('keep the relay socket short enough for the kernel, however deep the state lies', () => {
    expect(labPaths('/var/lib/quorate', 'demo').relaySocket).toBe('/var/lib/quorate/labs/demo/relay.sock')
    const deep = labPaths(`/srv/${'deep/'.repeat(30)}`, 'demo')
    expect(deep.relaySocket.length).toBeLessThan(108)
    expect(deep.relaySocket).not.toBe(labPaths(`/srv/${'deep/'.repeat(31)}`, 'demo').relaySocket)
    expect(labPaths('relative', 'demo').dir).toBe(join(process.cwd(), 'relative/labs/demo'))
  })
})
