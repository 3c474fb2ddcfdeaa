import { allPids, environmentOf, isOver, send, statOf } from './processes.js'

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
