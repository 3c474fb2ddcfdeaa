import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../../src/machine/process.js'
import type { SshTarget } from '../../src/machine/ssh-target.js'
import { endChild } from '../end-child.js'
import { mayMount } from './may-mount.js'

const program = '/usr/sbin/sshd'

/** Why a real sshd cannot be run here; undefined when it can. Nothing is installed for it: the lab project runs the same suite on machines that have one. */
export const noSshd = (): string | undefined => {
  if (!existsSync(program)) return 'there is no /usr/sbin/sshd here (Debian package openssh-server)'
  if (!mayMount()) return 'it needs root that may mount: files belong to root, and a full disk is a small mount'
  return undefined
}

export interface Sshd {
  target: SshTarget
  dir: string
  /** Another key for the same address in known_hosts: the machine was reinstalled, or is another one. */
  withWrongHostKey(): SshTarget
  withUnknownHostKey(): SshTarget
  /** Ends sshd and every session of it at once. */
  cut(): void
  stop(): Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    setTimeout(() => socket.destroy(), 100)
  })

/** A real sshd of this computer on a free port of 127.0.0.1 with keys of its own; the caller ends it. */
export const startSshd = async (): Promise<Sshd> => {
  const dir = mkdtempSync(join(tmpdir(), 'q-sshd-'))
  const at = (name: string): string => join(dir, name)
  for (const key of ['id', 'host', 'other']) await runProcess(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
  const port = await freePort()
  const publicOf = (key: string): string =>
    readFileSync(at(`${key}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
  writeFileSync(at('authorized'), readFileSync(at('id.pub')), { mode: 0o600 })
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${publicOf('host')}\n`)
  writeFileSync(at('known-wrong'), `[127.0.0.1]:${port} ${publicOf('other')}\n`)
  writeFileSync(at('known-none'), '')
  writeFileSync(
    at('config'),
    `ListenAddress 127.0.0.1\nPort ${port}\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('authorized')}\nPidFile none\nStrictModes no\nUsePAM no
PasswordAuthentication no\nPermitRootLogin prohibit-password\nSetEnv HOME=${dir}\n`,
  )
  // Where sshd leaves its privileges behind; Debian's unit makes it, and there is no unit here.
  mkdirSync('/run/sshd', { recursive: true })
  const child: ChildProcess = spawn(program, ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  for (let i = 0; !(await listens(port)); i++) {
    if (i > 100) throw new Error(`sshd does not listen: ${said}`)
    await sleep(30)
  }
  const target: SshTarget = {
    name: 'real',
    address: '127.0.0.1',
    user: userInfo().username,
    port,
    identityFile: at('id'),
    knownHostsFile: at('known'),
    controlDir: at('c'),
  }
  const cut = (): void => {
    for (const pid of sessionsOf(child.pid)) kill(pid)
  }
  const onExit = (): void => {
    cut()
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', onExit)
  return {
    target,
    dir,
    withWrongHostKey: () => ({ ...target, knownHostsFile: at('known-wrong') }),
    withUnknownHostKey: () => ({ ...target, knownHostsFile: at('known-none') }),
    cut,
    stop: async () => {
      process.off('exit', onExit)
      cut()
      await endChild(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** sshd and those of its descendants that are sshd too: not what they run, which must not be ended by the test itself. */
const sessionsOf = (listener: number | undefined): number[] => {
  if (listener === undefined) return []
  const own = [listener]
  for (const pid of own) {
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
      own.push(...children.filter((child) => readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'sshd'))
    } catch {
      // Ended while we look.
    }
  }
  return own
}
