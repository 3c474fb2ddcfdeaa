import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { fault } from '../model/problem.js'

/** What an elector says about itself, for COMMAND and for monitoring. Times of day are for people; programs compare `leaseEndsBootMs`. */
export interface ElectStatus {
  lock: string
  identity: string
  role: 'standby' | 'active'
  /** Identity of the holder as last seen; absent = nobody, or not known. */
  holder?: string
  /** Of the present term, ours or the holder's. */
  token?: string
  /** Time of day at which our lease ends unless it is renewed. */
  leaseEnds?: string
  /** The same on CLOCK_BOOTTIME, milliseconds: first field of /proc/uptime times 1000. */
  leaseEndsBootMs?: number
  /** Process id of COMMAND. */
  pid?: number
  updated: string
}

/** Writes the status beside `path` and renames it there, so that a reader sees a whole one. Throws Fault Q7906. */
export const writeStatus = (path: string, status: ElectStatus): void => {
  const beside = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(beside, `${JSON.stringify(status)}\n`, { mode: 0o644 })
    renameSync(beside, path)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw fault('Q7906', { path, reason: (cause as Error).message }, { cause })
  }
}
