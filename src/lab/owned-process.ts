import { readFile, rename, writeFile } from 'node:fs/promises'

/** A process that we started. The start time (field 22 of /proc/PID/stat) tells it from a later process with the same number. */
export interface OwnedProcess {
  pid: number
  start: string
}

export const startTimeOf = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie runs nothing any more; it only waits to be reaped.
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export const isAlive = async (owned: OwnedProcess | undefined): Promise<boolean> =>
  owned !== undefined && (await startTimeOf(owned.pid)) === owned.start

export const recordProcess = async (path: string, pid: number): Promise<OwnedProcess> => {
  const owned = { pid, start: (await startTimeOf(pid)) ?? '' }
  await writeFile(`${path}.new`, JSON.stringify(owned), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return owned
}

export const readOwned = async (path: string): Promise<OwnedProcess | undefined> => {
  try {
    const owned = JSON.parse(await readFile(path, 'utf8')) as OwnedProcess
    return (await isAlive(owned)) ? owned : undefined
  } catch {
    return undefined
  }
}
