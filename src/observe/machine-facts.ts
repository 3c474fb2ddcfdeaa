import { reasonOf } from '../client/transport.js'
import type { Machine } from '../machine/machine.js'
import type { MachineFacts } from '../model/observed.js'
import { type MachineQuestions, machineScript } from './machine-script.js'

const nothing = (machine: string, observedAtMs: number): MachineFacts => ({
  machine,
  observedAtMs,
  reachable: false,
  hostname: '',
  kernel: '',
  os: '',
  cpus: 0,
  memoryBytes: 0,
  diskFreeBytes: 0,
  clockSkewMs: 0,
  addresses: {},
  files: {},
  units: {},
  versions: {},
})

interface IpLink {
  ifname?: string
  addr_info?: { family?: string; local?: string; prefixlen?: number }[]
}

/** IPv4 addresses by interface, from `ip -j addr`. */
export const addressesOf = (json: string): Record<string, string[]> => {
  let links: IpLink[]
  try {
    links = JSON.parse(json) as IpLink[]
  } catch {
    return {}
  }
  const seen: Record<string, string[]> = {}
  for (const { ifname, addr_info = [] } of Array.isArray(links) ? links : []) {
    const found = addr_info.filter((one) => one.family === 'inet' && one.local).map((one) => `${one.local}/${one.prefixlen}`)
    if (ifname && found.length > 0) seen[ifname] = found
  }
  return seen
}

/** Does the machine carry this address on any interface? */
export const carries = (addresses: Record<string, string[]>, address: string): boolean =>
  Object.values(addresses).some((list) => list.some((one) => one.split('/')[0] === address))

/**
 * The clock was read after we asked and before we had the answer, so the difference lies between these two. What is nearest to none is certain; a
 * slow answer makes it less and never invents one.
 */
const certainSkew = (mostMs: number, leastMs: number): number => Math.max(leastMs, Math.min(mostMs, 0))

/** How many there are in a list of the kernel's, such as "0-3,6". */
const countOf = (list: string): number =>
  list.split(',').reduce((count, range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return count + (Number.isNaN(last - first) ? 0 : last - first + 1)
  }, 0)

/** Reads what `machineScript` printed between `startedMs` and `endedMs` of our own clock. Lines it does not know are passed over. */
export const parseMachineFacts = (machine: string, text: string, startedMs: number, endedMs: number): MachineFacts => {
  const facts: MachineFacts = { ...nothing(machine, endedMs), reachable: true }
  const clocks: number[] = []
  let unit = ''
  let state = ''
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ')
    const tag = at === -1 ? line : line.slice(0, at)
    const value = at === -1 ? '' : line.slice(at + 1).trim()
    // systemctl prints the two properties of a unit in an order of its own.
    if (tag.startsWith('Id=')) unit = tag.slice('Id='.length)
    else if (tag.startsWith('ActiveState=')) state = tag.slice('ActiveState='.length)
    if (unit && state) {
      facts.units[unit] = state
      unit = ''
      state = ''
    }
    if (tag === 'clock') clocks.push(Number(value) / 1e6)
    else if (tag === 'hostname') facts.hostname = value
    else if (tag === 'kernel') facts.kernel = value
    else if (tag === 'os') facts.os = value
    else if (tag === 'container') facts.container = value
    else if (tag === 'online') facts.cpus = countOf(value)
    else if (tag === 'memory') facts.memoryBytes = (Number(value) || 0) * 1024
    else if (tag === 'disk') facts.diskFreeBytes = Number(value) || 0
    else if (tag === 'ip') facts.addresses = addressesOf(value)
    else if (tag === 'present') facts.files[value] = 'present'
    else if (tag.length >= 64) {
      const [, sum, path] = /^\\?([0-9a-f]{64}) [ *](.*)$/.exec(line) ?? []
      if (sum && path) facts.files[path] = sum
    } else if (tag === 'large') {
      const [, size, path] = /^(\d+) (.*)$/.exec(value) ?? []
      if (size && path) facts.files[path] = `size-${size}`
    } else if (tag === 'version') {
      const [, name, version] = /^(\S+?)[\s:=]+(\S+)/.exec(value) ?? []
      if (name && version) facts.versions[name] = version
    }
  }
  const [first, last] = [clocks[0], clocks.at(-1)]
  // Middle against middle: sh and ssh take about as long before the first reading as after the last.
  if (first !== undefined && last !== undefined) facts.clockSkewMs = Math.round(certainSkew(first - startedMs, last - endedMs))
  return facts
}

/**
 * Facts of one machine in one round trip. Never throws for a machine that does not answer: `reachable` is then false and `error` says
 * why. Throws only the reason of the caller's own signal.
 */
export const observeMachine = async (
  machine: Machine,
  questions: MachineQuestions,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<MachineFacts> => {
  const startedMs = Date.now()
  try {
    const result = await machine.sh(machineScript(questions), {
      timeoutMs: options.timeoutMs ?? 10_000,
      allowFailure: true,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    const endedMs = Date.now()
    if (!result.stdout.startsWith('clock ')) {
      const reason = result.stderr.trim().split('\n').at(-1) || `exit status ${result.exit}`
      return { ...nothing(machine.name, endedMs), error: reason }
    }
    return parseMachineFacts(machine.name, result.stdout, startedMs, endedMs)
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    return { ...nothing(machine.name, Date.now()), error: reasonOf(error) }
  }
}
