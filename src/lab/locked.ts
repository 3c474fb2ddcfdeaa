import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandResult } from '../machine/machine.js'
import { runProcess, shellQuote } from '../machine/process.js'
import type { LabPaths } from './paths.js'

const folderOf = (paths: LabPaths): string => join(paths.dir, 'locks')
const flagOf = (paths: LabPaths): string => join(paths.dir, 'removing')

/** A shell line that ends a shell whose lab is being removed, or is gone already. */
export const unlessRemoved = (paths: LabPaths): string =>
  `[ -d ${shellQuote(paths.dir)} ] && [ ! -e ${shellQuote(flagOf(paths))} ] || exit 75`

/**
 * Runs shell text that changes something of a lab, one of a name at a time. When quorate is killed its shell goes on to the end of the text: who comes next
 * waits here until that is over, instead of working against it. Children inherit the lock, so it is free when the last one has ended.
 */
export const runLocked = async (paths: LabPaths, name: string, script: string): Promise<CommandResult> => {
  await mkdir(folderOf(paths), { recursive: true, mode: 0o700 })
  const text = `${unlessRemoved(paths)}\n${script}`
  return await runProcess(['flock', '-w', '30', join(folderOf(paths), name), 'sh', '-c', text], { timeoutMs: 60_000 })
}

/** Begins a removal: nobody starts to change the lab any more, and those who do are waited for. Until the lab's folder is gone, or `endRemoval`. */
export const beginRemoval = async (paths: LabPaths): Promise<void> => {
  await writeFile(flagOf(paths), '')
  const names = await readdir(folderOf(paths)).catch(() => [])
  await Promise.all(
    names.map((name) => runProcess(['flock', '-w', '10', join(folderOf(paths), name), 'true'], { allowFailure: true, timeoutMs: 12_000 })),
  )
}

/** Takes back a removal that was itself killed. */
export const endRemoval = (paths: LabPaths): Promise<void> => rm(flagOf(paths), { force: true })
