import { readFile, writeFile } from 'node:fs/promises'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'

/** A limit of the whole computer that its machines share, for containers run on its one kernel. */
interface HostLimit {
  name: string
  /** With less than this the lab does not work. */
  needed: number
  /** What it is raised to when it is lower than that: room for further labs. */
  wanted: number
}

/**
 * What a number of machines takes. Counted on clusters of seven machines, per machine: 16 inotify instances (systemd, kubelet, containerd) with 113 watches,
 * 18 keys, 110 threads, all of them root's; pods come on top. The kernel's own limit is 128 inotify instances (inotify(7)); the neighbour table is one for all namespaces and holds every pair of machines that talk (arp(7)).
 */
export const limitsFor = (machines: number): HostLimit[] => {
  const neighbours = machines * (machines + 20)
  return [
    { name: 'fs.inotify.max_user_instances', needed: 40 + 20 * machines, wanted: Math.max(8192, 40 * machines) },
    { name: 'fs.inotify.max_user_watches', needed: 500 * machines, wanted: Math.max(524_288, 10_000 * machines) },
    // Each container's processes have a session keyring; those of root are counted apart from those of users (keyrings(7)).
    { name: 'kernel.keys.root_maxkeys', needed: 100 * machines, wanted: 1_000_000 },
    { name: 'kernel.keys.root_maxbytes', needed: 10_000 * machines, wanted: 25_000_000 },
    { name: 'kernel.pid_max', needed: 4096 + 500 * machines, wanted: 4_194_304 },
    { name: 'kernel.threads-max', needed: 4096 + 500 * machines, wanted: 4 * (4096 + 500 * machines) },
    { name: 'fs.file-max', needed: 20_000 * machines, wanted: 50_000 * machines },
    { name: 'net.ipv4.neigh.default.gc_thresh3', needed: neighbours, wanted: 4 * neighbours },
    { name: 'net.ipv4.neigh.default.gc_thresh2', needed: Math.ceil(neighbours / 2), wanted: 2 * neighbours },
  ]
}

const pathOf = (name: string, root: string): string => `${root}/${name.replaceAll('.', '/')}`

/**
 * Raises the limits of this computer that are too low for so many machines; never lowers one. One that this kernel does not have is left out. Says in a note
 * what was raised. Throws Fault Q3507 for one that is too low and cannot be raised. `root` is for tests.
 */
export const raiseHostLimits = async (machines: number, emit: Emit = () => undefined, root = '/proc/sys'): Promise<void> => {
  const raised: string[] = []
  for (const { name, needed, wanted } of limitsFor(machines)) {
    const path = pathOf(name, root)
    const now = Number(await readFile(path, 'utf8').catch(() => 'NaN'))
    // Room for one more lab of the same size: it is raised before it is short.
    if (Number.isNaN(now) || now >= 2 * needed || now >= wanted) continue
    try {
      await writeFile(path, String(wanted))
      raised.push(`${name} ${now} -> ${wanted}`)
    } catch (error) {
      if (now < needed) throw fault('Q3507', { name, now, needed, wanted, machines }, { cause: error })
    }
  }
  if (raised.length > 0) emit({ type: 'note', level: 'info', text: `raised limits of this computer: ${raised.join(', ')}` })
}
