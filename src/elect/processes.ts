import { readdirSync, readFileSync } from 'node:fs'

interface Stat {
  state: string
  processGroup: number
  session: number
  threads: number
  /** In clock ticks since boot: with the process id it names one process for good. */
  startTime: string
}

export const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may itself hold spaces and parentheses: fields count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state = '', , processGroup, session] = fields
    return {
      state,
      processGroup: Number(processGroup),
      session: Number(session),
      threads: Number(fields[17]),
      startTime: fields[19] ?? '',
    }
  } catch {
    return undefined
  }
}

export const environmentOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

export const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Whether a process does nothing any more: gone, or a zombie that its parent has not heard of yet. */
export const hasEnded = (pid: number): boolean => isOver(statOf(pid))

/** A process whose first thread has ended shows as a zombie although its other threads run on. */
export const isOver = (stat: Stat | undefined): boolean => !stat || stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)

/** COMMAND and whatever it has started. */
export interface Family {
  /** Process id of COMMAND, which leads a process group and a session of its own. 0 = not known. */
  leader: number
  /** `NAME=value` in the environment of all of them. */
  mark: string
  /** Start time of COMMAND, see Stat: whatever is older is none of its. */
  since: number
}

/** To be called while COMMAND runs, or has just ended and is still known to the kernel. */
export const familyOf = (leader: number, mark: string): Family => ({ leader, mark, since: Number(statOf(leader)?.startTime ?? 0) })

const inGroup = ({ leader }: Family, stat: Stat): boolean => leader > 1 && stat.processGroup === leader

/**
 * Everything of COMMAND that runs: its process group, its session, and processes that have left both and still carry the mark in the
 * environment they were started with. Zombies do not count: they do nothing any more.
 */
export const membersOf = (family: Family): number[] =>
  allPids().filter((pid) => {
    const stat = statOf(pid)
    if (!stat || isOver(stat) || pid === process.pid || Number(stat.startTime) < family.since) return false
    return inGroup(family, stat) || (family.leader > 1 && stat.session === family.leader) || environmentOf(pid).includes(family.mark)
  })

export const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

/** Only the process group, in one call and at once. kill(-0) would be our own group. */
export const signalGroup = ({ leader }: Family, signal: NodeJS.Signals): void => {
  if (leader > 1) send(-leader, signal)
}

/** SIGTERM to everything. A stopped process is woken, so that it can obey. */
export const askToEnd = (family: Family, strays: boolean): void => {
  const pids = strays ? membersOf(family) : []
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) {
    signalGroup(family, signal)
    for (const pid of pids) send(pid, signal)
  }
}

/** SIGKILL to everything, the group first. Gives what was still there. */
export const killAll = (family: Family): number[] => {
  signalGroup(family, 'SIGKILL')
  const members = membersOf(family)
  for (const pid of members) send(pid, 'SIGKILL')
  return members
}
