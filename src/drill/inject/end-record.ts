import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LabImage } from '../../lab/image.js'
import type { Lab } from '../../lab/lab.js'
import { tryProcessLock } from '../../machine/process-lock.js'
import { fault } from '../../model/problem.js'
import { type FaultRecord, type OutsideKind, readRecord, removeRecord } from './record.js'

/** A machine boots with the image that it was made from. */
export const powerOn = async (lab: Lab, machine: string): Promise<void> => {
  const image = JSON.parse(await readFile(join(lab.paths.machine(machine).dir, 'image.json'), 'utf8')) as LabImage
  await lab.boot(machine, image)
}

/** The opposite of each kind. Does nothing to a machine that is as it should be. */
export const mend = async (lab: Lab, kind: OutsideKind, machines: readonly string[]): Promise<void> => {
  const results = await Promise.allSettled(machines.map((name) => (kind === 'freeze' ? lab.thaw(name) : powerOn(lab, name))))
  const failed = results.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}

const waitMs = 150_000

/** One process at a time mends one fault: two that boot a machine at the same moment would make two of it. */
export const withRecordLock = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const endMs = performance.now() + waitMs
  for (;;) {
    const lock = await tryProcessLock(`fault ${path}`)
    if (lock) {
      try {
        return await work()
      } finally {
        await lock.release()
      }
    }
    if (performance.now() > endMs) throw fault('Q6013', { fault: path, said: 'another process has been ending it for too long' })
    await sleep(50)
  }
}

/** Ends the fault of a record and removes the record. Undefined when it was gone already. */
export const endRecord = (path: string, lab: Lab): Promise<FaultRecord | undefined> =>
  withRecordLock(path, async () => {
    const record = await readRecord(path)
    if (!record) return undefined
    await mend(lab, record.kind, record.machines)
    await removeRecord(path)
    return record
  })
