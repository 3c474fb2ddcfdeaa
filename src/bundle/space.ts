import { mkdir, statfs } from 'node:fs/promises'
import { Fault, fault } from '../model/problem.js'

/** What the cache grows by when nothing is there: programs 0.9, images 0.6, their unpacked store 1.1, root file system 0.4, with room to work. */
export const coldBytes = 5 * 1024 ** 3

const mebibytes = (bytes: number): number => Math.round(bytes / 1024 ** 2)

/** Throws Fault Q2003 before any work when a folder's disk has less than `neededBytes` left. */
export const requireSpace = async (dir: string, neededBytes: number): Promise<void> => {
  await mkdir(dir, { recursive: true })
  const { bavail, bsize } = await statfs(dir)
  const free = bavail * bsize
  if (free < neededBytes)
    throw fault('Q2003', { where: `the bundle in ${dir} (${mebibytes(free)} MiB free, ${mebibytes(neededBytes)} MiB needed)` })
}

/** What the disk said when it was full, from our own calls and from programs that we ran, becomes Fault Q2003; other errors stay as they are. */
export const asDiskFull = (error: unknown, where: string): unknown => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const said = error instanceof Fault ? JSON.stringify(error.problem.data) : ''
  const full = code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device|disk quota exceeded/i.test(said)
  return full && !(error instanceof Fault && error.problem.code === 'Q2003') ? fault('Q2003', { where }, { cause: error }) : error
}
