import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const base = '/sys/fs/cgroup'
const controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd', 'unified']

/** Where PID 1 is not systemd and cgroups are version 1, each machine gets a group by hand in every hierarchy. */
export const isVersion1 = (): boolean => existsSync(`${base}/cpuset/cgroup.procs`)

const present = (): string[] => controllers.filter((c) => existsSync(`${base}/${c}/cgroup.procs`))

/**
 * The machines of a lab weigh together as much as this many busy threads of this computer: with the kernel's default, one, any program that
 * compiles something beside it would take their processors away, and clusters would lose leases that they hold on machines of their own.
 */
const labWeight = 8

/**
 * Shell lines that put the shell itself, and so all that it starts, into the group of a machine. A new cpuset has no processors and no
 * memory until they are copied down, and refuses processes until then (cpuset(7)).
 */
export const enterGroups = (group: string, machine: string, weight = 1): string => {
  const groups = present().map((c) => ({ c, dir: `${base}/${c}/${group}/${machine}` }))
  return [
    // A drill that starts a machine again goes ahead of all others; the machine must not.
    'renice -n 0 -p $$ > /dev/null 2>&1',
    `mkdir -p ${groups.map(({ dir }) => dir).join(' ')}`,
    `read -r cpus < ${base}/cpuset/cpuset.cpus; read -r mems < ${base}/cpuset/cpuset.mems`,
    ...groups.map(({ c, dir }) => {
      const copy =
        c === 'cpuset'
          ? [`${base}/cpuset/${group}`, dir].map((d) => `echo "$cpus" > ${d}/cpuset.cpus; echo "$mems" > ${d}/cpuset.mems; `).join('')
          : ''
      const weigh =
        c === 'cpu' ? `echo ${labWeight * 1024} > ${base}/cpu/${group}/cpu.shares; echo ${weight * 1024} > ${dir}/cpu.shares; ` : ''
      return `${copy}${weigh}echo $$ > ${dir}/cgroup.procs${c === 'unified' ? ' || true' : ''}`
    }),
  ].join('\n')
}

/** How much a machine gets of the processors beside others of its lab when all want more than there is; 1 is ordinary. */
export const setWeight = (group: string, machine: string, weight: number): Promise<void> =>
  writeFile(`${base}/cpu/${group}/${machine}/cpu.shares`, String(weight * 1024))

export const unitOf = (group: string, machine: string): string => `${group}-${machine}.scope`

/** Every process of a machine, in whatever container it runs. */
export const processesOf = (group: string, machine: string): number[] => {
  const found = new Set<number>()
  const walk = (dir: string): void => {
    try {
      for (const line of readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n')) if (line) found.add(Number(line))
      for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isDirectory()) walk(join(dir, entry.name))
    } catch {
      // A group that goes while we look has no processes left.
    }
  }
  if (isVersion1()) for (const c of ['systemd', 'freezer', 'pids']) walk(`${base}/${c}/${group}/${machine}`)
  // With version 2 a transient unit of systemd holds the machine (container.ts).
  else walk(`${base}/system.slice/${unitOf(group, machine)}`)
  return [...found]
}

/** Stops or continues every process of a machine at one moment, as a hypervisor's pause does. */
export const setFrozen = async (group: string, machine: string, frozen: boolean): Promise<void> => {
  await writeFile(`${base}/freezer/${group}/${machine}/freezer.state`, frozen ? 'FROZEN' : 'THAWED')
}

/** Removes the groups of one machine, or of the whole lab; those that still hold processes stay. */
export const removeGroups = async (group: string, machine?: string): Promise<void> => {
  const remove = async (dir: string): Promise<void> => {
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (entry.isDirectory()) await remove(join(dir, entry.name))
    await rmdir(dir).catch(() => undefined)
  }
  await Promise.all(present().map((c) => remove(machine ? `${base}/${c}/${group}/${machine}` : `${base}/${c}/${group}`)))
}
