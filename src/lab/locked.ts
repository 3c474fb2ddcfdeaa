import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandResult } from '../machine/machine.js'
import { runProcess } from '../machine/process.js'
import type { LabPaths } from './paths.js'

const folderOf = (paths: LabPaths): string => join(paths.dir, 'locks')

/**
 * Runs shell text that changes something of a lab, one of a name at a time. When quorate is killed its shell goes on to the end of the text: who comes next
 * waits here until that is over, instead of working against it. Children inherit the lock, so it is free when the last one has ended.
 */
export const runLocked = async (paths: LabPaths, name: string, script: string): Promise<CommandResult> => {
  await mkdir(folderOf(paths), { recursive: true, mode: 0o700 })
  return await runProcess(['flock', '-w', '30', join(folderOf(paths), name), 'sh', '-c', script], { timeoutMs: 60_000 })
}

/** Waits until nobody changes the lab any more. */
export const awaitUnlocked = async (paths: LabPaths): Promise<void> => {
  const names = await readdir(folderOf(paths)).catch(() => [])
  await Promise.all(
    names.map((name) => runProcess(['flock', '-w', '10', join(folderOf(paths), name), 'true'], { allowFailure: true, timeoutMs: 12_000 })),
  )
}
