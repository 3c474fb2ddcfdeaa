import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LabPaths } from '../../lab/paths.js'
import type { Cluster } from '../../model/cluster.js'

/** Ways to break a lab machine from outside. */
export type OutsideKind = 'power' | 'power-cycle' | 'freeze' | 'reboot'

/** A fault that is made from outside, as it is written down before it is made. Its file is the fault: it goes when the fault is gone. */
export interface FaultRecord {
  v: 1
  id: string
  title: string
  kind: OutsideKind
  machines: string[]
  /** Everything that ending it takes: who does it may know nothing else. */
  cluster: Cluster
  stateRoot: string
  /** Whoever guards it ends it then. RFC 3339. */
  undoAt: string
}

export const recordsDir = (paths: LabPaths): string => join(paths.dir, 'faults')
export const recordPath = (paths: LabPaths, id: string): string => join(recordsDir(paths), `${id}.json`)
/** Lab directories are STATE/labs/NAME (lab/paths.ts). */
export const stateRootOf = (paths: LabPaths): string => dirname(dirname(paths.dir))

const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** On disk, with its name, before it returns. */
export const writeRecord = async (path: string, record: FaultRecord): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(record))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await sync(dirname(path))
}

export const removeRecord = (path: string): Promise<void> => rm(path, { force: true })

/** Undefined when it is gone, or was never written whole. */
export const readRecord = async (path: string): Promise<FaultRecord | undefined> => {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as FaultRecord
    return record.v === 1 ? record : undefined
  } catch {
    return undefined
  }
}

/** Records of all faults of a lab that are open. */
export const listRecords = async (paths: LabPaths): Promise<string[]> => {
  const names = await readdir(recordsDir(paths)).catch(() => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(recordsDir(paths), name))
}
