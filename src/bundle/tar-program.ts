import { runProcess } from '../machine/process.js'
import { fault } from '../model/problem.js'
import { contained } from './contained.js'
import type { Amount } from './progress.js'

/** tar counts in records of 20 blocks. */
const recordBytes = 10_240
const stepRecords = 4_000

/**
 * GNU tar, for whole trees: it keeps owners, links, devices and the capabilities of files, which the root file system needs. Tells the bytes done of
 * `totalBytes` about every 40 MB. Throws Fault Q3001 with its words. That a file "changed" while it was archived is none: machines link files of the
 * cache, which touches their inode; content is compared with its digest before and at import.
 */
export const runTar = async (args: readonly string[], totalBytes: number, amount: Amount, signal?: AbortSignal): Promise<void> => {
  const known = [
    '--format=posix',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    `--checkpoint=${stepRecords}`,
    '--checkpoint-action=echo=%u',
  ]
  amount(0, totalBytes, 'bytes')
  const argv = contained(['tar', ...known, ...args])
  const result = await runProcess(argv, {
    timeoutMs: 3_600_000,
    allowFailure: true,
    ...(signal ? { signal } : {}),
    onLine: (line) => {
      const [, records] = /^tar: (\d+)$/.exec(line) ?? []
      if (records) amount(Math.min(totalBytes, Number(records) * recordBytes), totalBytes, 'bytes')
    },
  })
  const linked = result.exit === 1 && args.includes('-cf')
  const said = result.stderr.split('\n').filter((line) => line !== '' && !/^tar: \d+$/.test(line))
  if (result.exit !== 0 && !linked)
    throw fault('Q3001', { command: `tar ${args.join(' ')}`, exit: result.exit, stderr: said.join('\n').slice(-600) })
  amount(totalBytes, totalBytes, 'bytes')
}
