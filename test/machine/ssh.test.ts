import { once } from 'node:events'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SshMachine } from '../../src/machine/ssh.js'
import { controlPathOf } from '../../src/machine/ssh-target.js'
import { faultOf, machineContract } from './contract.js'
import { noSshd, type Sshd, startSshd } from './sshd.js'

const why = noSshd()
if (why) console.error(`SKIPPED: the SSH half of the machine contract, for ${why}. The lab tests run it on machines made for it.`)

if (!why)
  machineContract('over SSH to this computer', async () => {
    const sshd = await startSshd()
    const machine = new SshMachine(sshd.target)
    return {
      machine,
      real: true,
      close: async () => {
        await machine.close()
        await sshd.stop()
      },
    }
  })

describe.skipIf(why)('the SSH connection', { timeout: 60_000 }, () => {
  let sshd: Sshd
  const open: SshMachine[] = []
  const machineAt = (target = sshd.target): SshMachine => {
    const machine = new SshMachine(target)
    open.push(machine)
    return machine
  }
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(async () => {
    await Promise.all(open.map((machine) => machine.close()))
    await sshd.stop()
  })

  it('is one for ten commands at once, and private', async () => {
    const target = { ...sshd.target, name: 'ten' }
    const machine = machineAt(target)
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => machine.sh(`sleep 0.05; echo ${i} $SSH_CONNECTION`)))
    expect(results.map((r) => r.stdout.split(' ')[0])).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
    // The client's port: another connection would have another.
    expect(new Set(results.map((r) => r.stdout.trim().split(' ')[2])).size).toBe(1)
    expect(statSync(sshd.target.controlDir).mode & 0o777).toBe(0o700)
    await machine.close()
    expect(existsSync(controlPathOf(target))).toBe(false)
  })

  it('does not make others wait for a first command that takes long', async () => {
    const machine = machineAt({ ...sshd.target, name: 'slow' })
    let ended = false
    const slow = machine.sh('sleep 4; echo slow').finally(() => {
      ended = true
    })
    await machine.sh('true')
    expect(ended).toBe(false)
    expect((await slow).stdout).toBe('slow\n')
    await machine.close()
  })

  it("is never another user's or another key's", () => {
    const paths = [sshd.target, { ...sshd.target, user: 'x' }, { ...sshd.target, port: 1 }, { ...sshd.target, identityFile: '/x' }].map(
      controlPathOf,
    )
    expect(new Set(paths).size).toBe(4)
  })

  it('is opened anew past a socket that nobody serves', async () => {
    const target = { ...sshd.target, name: 'stale' }
    const socket = controlPathOf(target)
    mkdirSync(target.controlDir, { recursive: true, mode: 0o700 })
    const server = createServer().listen(socket)
    await once(server, 'listening')
    // As a killed master leaves it: node removes the file of a server that it closes, so another name of it is put back.
    linkSync(socket, `${socket}-kept`)
    server.close()
    await once(server, 'close')
    renameSync(`${socket}-kept`, socket)
    const machine = machineAt(target)
    expect((await machine.sh('echo fine')).stdout).toBe('fine\n')
    await machine.close()
  })

  it('is kept for the next process of quorate when the target says so', async () => {
    const target = { ...sshd.target, name: 'kept', keepConnection: true, persistSeconds: 20 }
    const first = machineAt(target)
    const port = async (machine: SshMachine): Promise<string | undefined> => (await machine.sh('echo $SSH_CONNECTION')).stdout.split(' ')[1]
    const before = await port(first)
    await first.close()
    expect(await port(machineAt(target))).toBe(before)
    await first.disconnect()
    expect(await port(machineAt(target))).not.toBe(before)
    await first.disconnect()
  })

  it('is refused with one clear code, by all who wait for it at once', async () => {
    const machine = machineAt({ ...sshd.target, port: 1, name: 'nobody' })
    const faults = await Promise.all(Array.from({ length: 5 }, () => faultOf(machine.sh('true'))))
    for (const { problem } of faults)
      expect(problem).toMatchObject({ code: 'Q3005', machine: 'nobody', data: { address: '127.0.0.1', port: 1 } })
  })

  it.each([
    ['Q3003', () => sshd.withWrongHostKey()],
    ['Q3007', () => sshd.withUnknownHostKey()],
    ['Q3004', () => ({ ...sshd.target, identityFile: join(sshd.dir, 'other') })],
  ])('ends in %s before anything is sent', async (code, target) => {
    const mark = join(sshd.dir, `sent-${code}`)
    const machine = machineAt({ ...target(), name: code })
    const { problem } = await faultOf(machine.write([{ path: mark, content: 'secret', mode: 0o600 }]))
    expect(problem).toMatchObject({ code, machine: code })
    expect((await faultOf(machine.upload(process.execPath, mark))).problem.code).toBe(code)
    expect(existsSync(mark)).toBe(false)
  })

  it('ends in Q3006 when the other side is no sshd', async () => {
    const server = (await import('node:net'))
      .createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      .listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { problem } = await faultOf(machineAt({ ...sshd.target, port }).sh('true'))
    server.close()
    expect(problem.code).toBe('Q3006')
  })

  it('ends in Q3013 where others may put a socket', async () => {
    const controlDir = join(sshd.dir, 'open')
    mkdirSync(controlDir, { mode: 0o755 })
    expect((await faultOf(machineAt({ ...sshd.target, controlDir }).sh('true'))).problem).toMatchObject({
      code: 'Q3013',
      data: { dir: controlDir },
    })
    rmSync(controlDir, { recursive: true })
    writeFileSync(controlDir, '')
    await expect(machineAt({ ...sshd.target, controlDir }).sh('true')).rejects.toThrow()
  })

  it('that breaks in mid-command is told as that, and what ran there ends by its deadline', async () => {
    const own = await startSshd()
    const machine = machineAt({ ...own.target, name: 'lost' })
    await machine.sh('true')
    const mark = join(own.dir, 'pid')
    const running = faultOf(machine.sh(`echo $$ > ${mark}; sleep 60`, { timeoutMs: 1500 }))
    while (!existsSync(mark)) await sleep(20)
    own.cut()
    const { problem } = await running
    expect(problem).toMatchObject({ code: 'Q3008', machine: 'lost', data: { command: `echo $$ > ${mark}; sleep 60` } })
    const pid = readFileSync(mark, 'utf8').trim()
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    for (const startedMs = performance.now(); existsSync(`/proc/${pid}`) && performance.now() - startedMs < 8000; ) await sleep(50)
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    await own.stop()
  })
})
