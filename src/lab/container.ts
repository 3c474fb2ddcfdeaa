import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess, shellQuote } from '../machine/process.js'
import { fault } from '../model/problem.js'
import { enterGroups, isVersion1, processesOf, removeGroups, setFrozen, unitOf } from './cgroups.js'
import type { LabImage } from './image.js'
import { runLocked, unlessRemoved } from './locked.js'
import { endProcess } from './namespace-processes.js'
import { inNamespace } from './network.js'
import { readOwned, recordItself, recordProcess } from './owned-process.js'
import { containerName, type LabPaths } from './paths.js'

/** Directories of a machine that must lie on a real disk: an overlay cannot be mounted on an overlay, and etcd wants a real fsync. */
const dataDirs = ['containerd', 'kubelet', 'etcd'] as const

export const isRunning = async (paths: LabPaths, machine: string): Promise<boolean> =>
  (await readOwned(paths.machine(machine).pid)) !== undefined

/**
 * Lays out the disks of a machine and mounts its root. Run again it finds them: the disks of a machine that lost power are still there.
 * containerd's images are hard links to the bundle's, only its two databases are copies: 4 ms instead of 6 s of unpacking. On another file system than the
 * bundle's they are copied.
 */
export const mountRoot = async (paths: LabPaths, machine: string, image: LabImage): Promise<void> => {
  const m = paths.machine(machine)
  const q = shellQuote
  const containerd = q(`${m.data}/containerd`)
  const script = `set -e
mkdir -p ${[m.upper, m.work, m.root, ...dataDirs.map((d) => `${m.data}/${d}`)].map(q).join(' ')}
if [ ! -e ${containerd}/.ready ]; then
  rm -rf ${containerd}
  cp -al ${q(image.containerd)} ${containerd} 2>/dev/null || { rm -rf ${containerd}; cp -a ${q(image.containerd)} ${containerd}; }
  cd ${q(image.containerd)}
  find . -name '*.db' | while read -r db; do cp --remove-destination "$db" ${containerd}/"$db"; done
  : > ${containerd}/.ready
fi
mountpoint -q ${q(m.root)} || mount -t overlay overlay -o ${q(`lowerdir=${image.layer}:${image.rootfs},upperdir=${m.upper},workdir=${m.work}`)} ${q(m.root)}
mkdir -p ${dataDirs.map((d) => q(`${m.root}/var/lib/${d}`)).join(' ')}
`
  await runLocked(paths, `machine-${machine}`, script)
}

const nspawn = (paths: LabPaths, cluster: string, machine: string): string[] => {
  const m = paths.machine(machine)
  return [
    'systemd-nspawn',
    '--quiet',
    '--register=no',
    '--keep-unit',
    `--machine=${containerName(cluster, machine)}`,
    `--hostname=${machine}`,
    `--directory=${m.root}`,
    '--boot',
    `--network-bridge=${paths.bridge}`,
    '--capability=all',
    '--system-call-filter=add_key keyctl bpf',
    '--console=pipe',
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
    '--bind=/dev/fuse',
    '--bind=/dev/kmsg',
    ...dataDirs.map((d) => `--bind=${m.data}/${d}:/var/lib/${d}`),
  ]
}

/**
 * By how much timers of a machine may be late, so that several fire at one interrupt; each thread of Go sleeps in steps of 20 µs while it is busy, and
 * Linux' usual 50 µs would then cost a lab one tenth of its processor time. Far below what a drill measures.
 */
const timerSlackNs = 1_000_000

/** Starts the container of a machine whose root is mounted, detached from this process: it lives on when quorate ends. */
export const startContainer = async (paths: LabPaths, cluster: string, machine: string, weight: number): Promise<void> => {
  const m = paths.machine(machine)
  await mkdir(m.dir, { recursive: true })
  const enter = isVersion1() ? enterGroups(paths.cgroup, machine, weight) : ''
  const argv = [...inNamespace(paths), ...nspawn(paths, cluster, machine)].map(shellQuote).join(' ')
  // With systemd as PID 1 and cgroup v2, a transient unit delegates a group of its own (from systemd's documentation; not tried on such a computer yet).
  const launch = isVersion1()
    ? `exec ${argv}`
    : `exec systemd-run --quiet --scope --collect --unit=${unitOf(paths.cgroup, machine)} -p Delegate=yes -p KillMode=mixed ${argv}`
  const log = openSync(m.console, 'a', 0o600)
  // Of this shell; what it becomes, and all that the machine starts, have it from here.
  const slack = `echo ${timerSlackNs} >/proc/$$/timerslack_ns`
  const child = spawn('sh', ['-c', `${recordItself(m.pid)}\n${unlessRemoved(paths)}\n${enter}\n${slack}\n${launch}`], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' },
  })
  closeSync(log)
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  child.unref()
  if (child.pid === undefined) await failed
  else await recordProcess(m.pid, child.pid)
}

export const consoleTail = async (paths: LabPaths, machine: string): Promise<string> =>
  (await readFile(paths.machine(machine).console, 'utf8').catch(() => '')).slice(-300).trim()

/** The machine's end of its cable, on the bridge; nspawn cuts names to the 15 characters that an interface may have. */
const cableOf = (cluster: string, machine: string): string => `vb-${containerName(cluster, machine)}`.slice(0, 15)

/**
 * Takes the power away: the cable first, so that no FIN or RST of the dying processes reaches anyone, then every process at once. The disks stay.
 */
export const cutPower = async (paths: LabPaths, cluster: string, machine: string): Promise<void> => {
  await changeCable(paths, ['set', cableOf(cluster, machine), 'down'])
  await killProcesses(paths, machine)
}

/** The kernel takes away the cable of a dead machine when it gets to it; until then a new machine cannot have one of that name. */
export const removeCable = (paths: LabPaths, cluster: string, machine: string): Promise<void> =>
  changeCable(paths, ['delete', cableOf(cluster, machine)])

const changeCable = async (paths: LabPaths, change: readonly string[]): Promise<void> => {
  await runProcess(['ip', '-n', paths.namespace, 'link', ...change], { allowFailure: true, timeoutMs: 5000 })
}

const endDeadlineMs = 10_000

/**
 * Ends every process of a machine: those of its groups, and the launcher if it has not entered them yet. A frozen one dies only when it is thawed. Throws
 * Fault Q3508 when one cannot be ended, as with a disk that hangs.
 */
export const killProcesses = async (paths: LabPaths, machine: string): Promise<void> => {
  if (isVersion1()) await setFrozen(paths.cgroup, machine, false).catch(() => undefined)
  const endMs = performance.now() + endDeadlineMs
  for (;;) {
    const launcher = await readOwned(paths.machine(machine).pid)
    const pids = new Set([...processesOf(paths.cgroup, machine), ...(launcher ? [launcher.pid] : [])])
    if (pids.size === 0) break
    if (performance.now() > endMs)
      throw fault('Q3508', { pids: [...pids].slice(0, 5).join(' '), seconds: endDeadlineMs / 1000 }, { machine })
    for (const pid of pids) endProcess(pid)
    await sleep(20)
  }
  await rm(paths.machine(machine).pid, { force: true })
}

/** Takes away all mounts below a machine's directory, the last one first. */
export const unmountAll = async (dir: string): Promise<void> => {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((at) => at.startsWith(`${dir}/`))
    .reverse()
  if (mounts.length > 0) await runProcess(['umount', '-l', ...mounts], { allowFailure: true, timeoutMs: 10_000 })
}

/** What systemd-nspawn keeps below /run for a container, and leaves there when it is killed. */
const nspawnNotes = async (paths: LabPaths, cluster: string, machine: string): Promise<string[]> => {
  const container = containerName(cluster, machine)
  const root = await stat(paths.machine(machine).root).catch(() => undefined)
  return [
    `/run/systemd/nspawn/propagate/${container}`,
    `/run/systemd/nspawn/unix-export/${container}`,
    ...(root ? [`/run/systemd/nspawn/locks/inode-${root.dev}:${root.ino}`] : []),
  ]
}

export const removeMachine = async (paths: LabPaths, cluster: string, machine: string): Promise<void> => {
  await killProcesses(paths, machine)
  const notes = await nspawnNotes(paths, cluster, machine)
  await unmountAll(paths.machine(machine).dir)
  await removeGroups(paths.cgroup, machine)
  for (const path of [...notes, paths.machine(machine).dir]) await rm(path, { recursive: true, force: true })
}
