import { chmod, mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionLost, NotStarted, SharedConnection } from '../../src/machine/shared-connection.js'
import { SshMachine } from '../../src/machine/ssh.js'
import { controlPathOf } from '../../src/machine/ssh-target.js'
import { faultOf } from './contract.js'
import { fakeMaster, type Manners } from './fake-master.js'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

const socketPath = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-mux-'))
  open.push(() => rm(dir, { recursive: true }))
  return join(dir, 's')
}

const connected = async (manners: Manners = {}): Promise<{ connection: SharedConnection; master: Server & { closed: number[] } }> => {
  const path = await socketPath()
  const master = await fakeMaster(path, manners)
  open.push(async () => void master.close())
  const connection = await SharedConnection.open(path)
  open.push(async () => connection.close())
  return { connection, master }
}

describe('a command over a shared connection', () => {
  it('gives its output, its errors and its status', async () => {
    const { connection } = await connected()
    const result = await connection.exec('echo out; echo err >&2; exit 3')
    expect(result).toMatchObject({ exit: 3, stdout: 'out\n', stderr: 'err\n' })
    expect(result.ms).toBeGreaterThan(0)
  })

  it('that is ended by a signal has a status above 128', async () => {
    const { connection } = await connected()
    expect((await connection.exec('kill -KILL $$')).exit).toBe(137)
  })

  it('is given its input, however little of it is taken at a time', async () => {
    const { connection } = await connected({ room: 300 })
    const input = 'a line of input\n'.repeat(1000)
    expect((await connection.exec('cat', { stdin: input })).stdout).toBe(input)
  })

  it('with no input finds the end of it', async () => {
    const { connection } = await connected()
    expect((await connection.exec('cat; echo end')).stdout).toBe('end\n')
  })

  it('may print more than a window', async () => {
    const { connection } = await connected()
    const result = await connection.exec('head -c 9000000 /dev/zero; head -c 5000000 /dev/zero >&2')
    expect([result.stdout.length, result.stderr.length]).toEqual([9_000_000, 5_000_000])
  })

  it('is told line by line what comes on standard error', async () => {
    const { connection } = await connected({ dribbles: true })
    const lines: string[] = []
    await connection.exec("printf 'one\\ntwo\\nthr' >&2; printf 'ee' >&2", { onLine: (line) => lines.push(line) })
    expect(lines).toEqual(['one', 'two', 'three'])
  })

  it('runs beside others', async () => {
    const { connection } = await connected({ dribbles: true })
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => connection.exec(`cat; echo ${i}`, { stdin: `${i} ` })))
    expect(results.map((one) => one.stdout)).toEqual(Array.from({ length: 20 }, (_, i) => `${i} ${i}\n`))
  })

  it('is given up at its deadline, and others go on', async () => {
    const { connection, master } = await connected()
    const other = connection.exec('sleep 0.6; echo here')
    await expect(connection.exec('sleep 30', { timeoutMs: 200 })).rejects.toMatchObject({ problem: { code: 'Q3002' } })
    expect((await other).stdout).toBe('here\n')
    expect(master.closed.length).toBeGreaterThan(0)
  })

  it('is given up with the reason of its signal', async () => {
    const { connection } = await connected()
    const stop = new AbortController()
    const running = connection.exec('sleep 30', { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 100)
    await expect(running).rejects.toThrow('enough')
    await expect(connection.exec('true', { signal: stop.signal })).rejects.toThrow('enough')
    expect((await connection.exec('echo still')).stdout).toBe('still\n')
  })
})

describe('a connection that fails', () => {
  it('under a command says so: nobody knows what became of it', async () => {
    const { connection } = await connected({ hangsUp: true })
    await expect(connection.exec('true')).rejects.toBeInstanceOf(ConnectionLost)
    expect(connection.isOpen).toBe(false)
    await expect(connection.exec('true')).rejects.toBeInstanceOf(NotStarted)
  })

  it('to tell a status is lost, too', async () => {
    const { connection } = await connected({ forgetsStatus: true })
    await expect(connection.exec('true')).rejects.toBeInstanceOf(ConnectionLost)
  })

  it('to open a session has started nothing', async () => {
    const { connection } = await connected({ refusesSessions: true })
    await expect(connection.exec('true')).rejects.toBeInstanceOf(NotStarted)
    expect(connection.isOpen).toBe(true)
  })

  it('is not opened where nobody listens, or somebody who speaks otherwise', async () => {
    await expect(SharedConnection.open(await socketPath())).rejects.toBeInstanceOf(NotStarted)
    for (const manners of [{ version: 3 }, { withoutProxy: true }]) {
      const path = await socketPath()
      const master = await fakeMaster(path, manners)
      open.push(async () => void master.close())
      await expect(SharedConnection.open(path)).rejects.toBeInstanceOf(NotStarted)
    }
  })
})

describe('a machine whose connection is shared', () => {
  it('talks to its master, and to none in a folder where others may put a socket', async () => {
    const controlDir = dirname(await socketPath())
    const target = { name: 'm', address: '127.0.0.1', user: 'root', port: 1, controlDir }
    const master = await fakeMaster(controlPathOf(target))
    open.push(async () => void master.close())
    const machine = new SshMachine({ ...target, keepConnection: true })
    open.push(() => machine.close())
    expect((await machine.sh('echo here')).stdout).toBe('here\n')

    let greeted = 0
    master.on('connection', () => greeted++)
    await chmod(controlDir, 0o755)
    for (const other of [machine, new SshMachine(target)])
      expect((await faultOf(other.sh('true'))).problem).toMatchObject({ code: 'Q3013', data: { dir: controlDir } })
    expect(greeted).toBe(0)
  })
})
