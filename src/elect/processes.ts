import { readdirSync, readFileSync } from 'node:fs'

interface Stat {
  state: string
  processGroup: number
  session: number
}

const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may itself hold spaces and parentheses: fields count from the last one.
    const [state = '', , processGroup, session] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, processGroup: Number(processGroup), session: Number(session) }
  } catch {
    return undefined
  }
}

const carries = (pid: number, mark: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)
  } catch {
    return false
  }
}

/**
 * Everything of COMMAND that runs: its process group, its session, and processes that have left both and still carry `mark`
 * (`NAME=value`) in the environment they were started with. Zombies do not count: they do nothing any more. Leader 0 = not known.
 */
export const processesOf = (leader: number, mark: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      if (pid === process.pid) return false
      const stat = statOf(pid)
      if (!stat || stat.state === 'Z' || stat.state === 'X') return false
      return (leader > 1 && (stat.processGroup === leader || stat.session === leader)) || carries(pid, mark)
    })

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
