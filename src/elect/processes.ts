import { readdirSync, readFileSync } from 'node:fs'

interface Stat {
  state: string
  processGroup: number
  session: number
  threads: number
  /** In clock ticks since boot: with the process id it names one process for good. */
  startTime: string
}

const statOf = (pid: number): Stat | undefined => {
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

const environmentOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Whether a process does nothing any more: gone, or a zombie that its parent has not heard of yet. */
export const hasEnded = (pid: number): boolean => isOver(statOf(pid))

/** A process whose first thread has ended shows as a zombie although its other threads run on. */
const isOver = (stat: Stat | undefined): boolean => !stat || stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)

/**
 * Everything of COMMAND that runs: its process group, its session, and processes that have left both and still carry `mark`
 * (`NAME=value`) in the environment they were started with. Zombies do not count: they do nothing any more. Leader 0 = not known.
 */
export const processesOf = (leader: number, mark: string): number[] =>
  allPids().filter((pid) => {
    if (pid === process.pid) return false
    const stat = statOf(pid)
    if (!stat || isOver(stat)) return false
    return (leader > 1 && (stat.processGroup === leader || stat.session === leader)) || environmentOf(pid).includes(mark)
  })

const guardVariable = 'QUORATE_GUARD='

/** Names this process for `orphansOf`, as a variable for the environment of what it starts. */
export const guardMark = (): string => `${guardVariable}${process.pid}:${statOf(process.pid)?.startTime ?? ''}`

/** Processes started for a lock by a guard of this machine that is gone: killed together with its elector, so nobody ended them. */
export const orphansOf = (lock: string): number[] =>
  allPids().filter((pid) => {
    if (pid === process.pid || isOver(statOf(pid))) return false
    const environment = environmentOf(pid)
    const guard = environment.find((one) => one.startsWith(guardVariable))?.slice(guardVariable.length)
    if (!guard || !environment.includes(`QUORATE_LOCK=${lock}`)) return false
    const [guardPid, startTime] = guard.split(':')
    const stat = statOf(Number(guardPid))
    return isOver(stat) || stat?.startTime !== startTime
  })

/** Ends what an earlier elector of this machine left running. Gives the processes that had to be killed. */
export const endOrphans = (lock: string): number[] => {
  const orphans = orphansOf(lock)
  for (const pid of orphans) send(pid, 'SIGKILL')
  return orphans
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

/** Signals the whole process group at once, then whatever has left it. A stopped process is woken, so that it can obey SIGTERM. */
export const signalAll = (leader: number, mark: string, signal: 'SIGTERM' | 'SIGKILL'): void => {
  // kill(-0) would be our own process group.
  const group = leader > 1 ? [-leader] : []
  for (const pid of group) send(pid, signal)
  const others = processesOf(leader, mark)
  for (const pid of others) if (leader <= 1 || statOf(pid)?.processGroup !== leader) send(pid, signal)
  if (signal === 'SIGTERM') for (const pid of [...group, ...others]) send(pid, 'SIGCONT')
}
