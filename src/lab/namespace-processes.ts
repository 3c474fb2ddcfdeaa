import { readdir, readlink, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Number of the network namespace bound at a path; undefined when there is none. */
export const namespaceAt = async (path: string): Promise<string | undefined> => {
  try {
    return `net:[${(await stat(path)).ino}]`
  } catch {
    return undefined
  }
}

/** Every process of this computer whose network is that namespace: relays, shared SSH connections, launchers of containers. */
export const processesIn = async (namespace: string): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => ((await readlink(`/proc/${pid}/ns/net`).catch(() => '')) === namespace ? Number(pid) : 0)),
  )
  return found.filter((pid) => pid > 0 && pid !== process.pid)
}

/**
 * Ends every process in a namespace. It is how a lab goes without a list of what it started: one that was killed between starting a process and writing its
 * number down leaves nothing behind. A process that cannot be ended keeps its namespace, not us.
 */
export const endProcessesIn = async (namespace: string): Promise<void> => {
  if (namespace === (await readlink('/proc/self/ns/net'))) throw new Error('that is the network of this computer')
  for (let round = 0; round < 100; round++) {
    const pids = await processesIn(namespace)
    if (pids.length === 0) return
    for (const pid of pids) endProcess(pid)
    await sleep(10)
  }
}

export const endProcess = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone between listing and killing.
  }
}
