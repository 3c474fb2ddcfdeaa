import { Fault, fault } from '../model/problem.js'
import { lastLine } from './process.js'
import type { SshTarget } from './ssh-target.js'

/** OpenSSH's own exit status for "the connection failed"; a command's own 255 is marked (remote-command.ts). */
export const sshFailed = 255

/** What it means that ssh itself failed, read from its words. `command` is what was being run. */
export const connectionFault = (t: SshTarget, stderr: string, command: string): Fault => {
  const data = { address: t.address, user: t.user, port: t.port, said: lastLine(stderr) || 'ssh said nothing' }
  const where = { machine: t.name }
  if (/No \S+ host key is known for/.test(stderr)) return fault('Q3007', data, where)
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/.test(stderr)) return fault('Q3003', data, where)
  if (/Permission denied/.test(stderr)) return fault('Q3004', data, where)
  if (/Connection refused/.test(stderr)) return fault('Q3005', data, where)
  // Before a session there is always a sentence that names the host; a session that breaks off ends in other words, or in none.
  if (/^ssh: |connect to host|kex_exchange_identification|banner exchange/m.test(stderr)) return fault('Q3006', data, where)
  return fault('Q3008', { ...data, command }, where)
}

/** The user may log in but not become root. */
export const needsSudo = (t: SshTarget, stderr: string): Fault | undefined =>
  t.user !== 'root' && /^sudo: .*(password|terminal|not allowed|not in the sudoers)|sudo: (not found|command not found)/m.test(stderr)
    ? fault('Q3009', { address: t.address, user: t.user, said: lastLine(stderr) }, { machine: t.name })
    : undefined

export const isConnectionFault = (error: unknown): error is Fault => error instanceof Fault && /^Q300[3-8]$/.test(error.problem.code)
