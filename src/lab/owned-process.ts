import { readFile, rename, writeFile } from 'node:fs/promises'
import { shellQuote } from '../machine/process.js'

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

/**
 * A shell line by which a shell records itself, and so the program that it becomes by `exec`: who started it may be killed before it could do so. Field 22 of
 * stat is the start time (proc(5)); the name in field 2 is "sh" here, one word.
 */
export const recordItself = (path: string): string =>
  `set -- $(cat /proc/$$/stat); printf '{"pid":%s,"start":"%s"}' $$ "\${22}" > ${shellQuote(`${path}.own`)} && mv ${shellQuote(`${path}.own`)} ${shellQuote(path)} || exit 75`
