import type { Machine } from '../machine/machine.js'
import type { BackendFacts } from '../model/observed.js'
import { type Fault, fault } from '../model/problem.js'

export const adminSocket = '/run/haproxy/admin.sock'

/** One CSV line into its fields; a field in double quotes may hold commas, and a doubled quote stands for one. */
const fieldsOf = (line: string): string[] => {
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const c = line[at]
    if (quoted) {
      if (c !== '"') field += c
      else if (line[at + 1] === '"') {
        field += '"'
        at++
      } else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',') {
      fields.push(field)
      field = ''
    } else field += c
  }
  fields.push(field)
  return fields
}

/** Rows of haproxy's `show stat`, each a record by column name ("pxname", "svname", "status"). Empty when there is no header line. */
export const parseStat = (csv: string): Record<string, string>[] => {
  const lines = csv.split('\n').filter((line) => line.trim() !== '')
  const head = lines.findIndex((line) => line.startsWith('# '))
  if (head === -1) return []
  const names = fieldsOf((lines[head] ?? '').slice(2))
  return lines.slice(head + 1).map((line) => {
    const fields = fieldsOf(line)
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']).filter(([name]) => name !== ''))
  })
}

/** Servers of all backends, without haproxy's own sum rows. */
export const backendsOf = (csv: string): BackendFacts[] =>
  parseStat(csv)
    .filter((row) => row.type === '2' || (row.type === undefined && row.svname !== 'FRONTEND' && row.svname !== 'BACKEND'))
    .map((row) => ({ backend: row.pxname ?? '', server: row.svname ?? '', status: row.status ?? '', checkStatus: row.check_status ?? '' }))

const refused = (machine: Machine, command: string, reason: string): Fault =>
  fault('Q7530', { command, reason, machine: machine.name }, { machine: machine.name })

const safeName = /^[A-Za-z0-9_.:-]+$/

/** One command to haproxy's admin socket; its answer is text, empty for most commands that change something. Throws Q7530. */
export const haproxyCommand = async (
  machine: Machine,
  command: string,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string> => {
  const script = `printf '%s\\n' '${command.replaceAll("'", '')}' | socat -t 2 - UNIX-CONNECT:${adminSocket}`
  const result = await machine.sh(script, {
    timeoutMs: options.timeoutMs ?? 5000,
    allowFailure: true,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (result.exit !== 0) throw refused(machine, command, result.stderr.trim() || `exit status ${result.exit}`)
  return result.stdout
}

/** State of a server as the operator set it: `maint` takes no connections, `drain` only those that are open, `ready` as its check says. */
export const setServerState = async (
  machine: Machine,
  backend: string,
  server: string,
  state: 'ready' | 'drain' | 'maint',
): Promise<void> => {
  if (!safeName.test(backend) || !safeName.test(server)) throw refused(machine, 'set server', `not a server name: ${backend}/${server}`)
  const command = `set server ${backend}/${server} state ${state}`
  const answer = (await haproxyCommand(machine, command)).trim()
  if (answer !== '') throw refused(machine, command, answer)
}

export const disableServer = (machine: Machine, backend: string, server: string): Promise<void> =>
  setServerState(machine, backend, server, 'maint')
export const enableServer = (machine: Machine, backend: string, server: string): Promise<void> =>
  setServerState(machine, backend, server, 'ready')
