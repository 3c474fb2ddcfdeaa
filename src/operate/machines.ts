import { stat } from 'node:fs/promises'
import { labPaths } from '../lab/paths.js'
import type { Machine } from '../machine/machine.js'
import type { MachineSpec } from '../model/cluster.js'
import type { VerbOptions } from './options.js'
import type { Target } from './place.js'
import { stateRoot } from './state.js'
import { findTarget } from './target.js'

export interface MachineRow {
  name: string
  cluster: string
  /** `running`, `stopped`, `unreachable`, or `absent` when the file names it and nobody has made it. */
  status: 'running' | 'stopped' | 'unreachable' | 'absent'
  roles: string[]
  zone?: string
  address: string
  /** Made on this computer, or a host that exists. */
  where: 'lab' | 'host'
  /** Since it was started; absent when it does not run. */
  ageMs?: number
}

type State = Pick<MachineRow, 'status' | 'ageMs'>

const inLab = async (target: Target, name: string): Promise<State> => {
  const paths = labPaths(stateRoot(), target.cluster.name).machine(name)
  const made = await stat(paths.dir).catch(() => undefined)
  if (!made) return { status: 'absent' }
  if (!(await target.lab?.isRunning(name))) return { status: 'stopped' }
  // Written when the machine is started.
  const started = await stat(paths.pid).catch(() => undefined)
  return { status: 'running', ...(started ? { ageMs: Date.now() - started.mtimeMs } : {}) }
}

const onHost = async (machine: Machine): Promise<State> => {
  const result = await machine.exec(['cat', '/proc/uptime'], { timeoutMs: 10_000 }).catch(() => undefined)
  return result ? { status: 'running', ageMs: Number(result.stdout.split(' ')[0]) * 1000 } : { status: 'unreachable' }
}

/** Every machine of the file and whether it runs. */
export const machines = async (file: string | undefined, { emit }: VerbOptions): Promise<MachineRow[]> => {
  const target = await findTarget(file, emit)
  const row = async (machine: MachineSpec): Promise<MachineRow> => ({
    name: machine.name,
    cluster: target.cluster.name,
    roles: [...machine.roles],
    ...(machine.zone === undefined ? {} : { zone: machine.zone }),
    address: machine.address,
    where: target.lab ? 'lab' : 'host',
    ...(target.lab ? await inLab(target, machine.name) : await onHost(target.fleet.machine(machine.name))),
  })
  try {
    return await Promise.all(target.cluster.machines.map(row))
  } finally {
    await target.fleet.close()
  }
}
