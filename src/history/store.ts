import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fault } from '../model/problem.js'
import { NdjsonWriter, readNdjson } from './ndjson.js'
import type { FinalState, History, MemberHash, Operation, WatchEvent } from './types.js'

/**
 * A recorded run:
 *   run.json                         who, what, when
 *   faults/001-etcd-leader-kill/     one directory a fault, in order
 *     operations.ndjson  watch.ndjson  final-apiserver-cp-1.json ...  hashes.json  timeline.json
 */
export interface RunHead {
  v: 1
  /** Version of quorate that recorded. */
  quorate: string
  cluster: string
  /** RFC 3339. */
  startedAt: string
  /** Whatever else the recorder wants to keep. */
  [more: string]: unknown
}

export interface RecordedFault {
  /** Counts from 1. */
  n: number
  id: string
  directory: string
}

/** Writes a JSON file so that a reader sees the old one or the new one, never a part, also after a power loss. */
const writeWhole = async (path: string, value: unknown): Promise<void> => {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`)
  try {
    const handle = await open(beside, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
    const folder = await open(dirname(path), 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    throw fault('Q6904', { file: path, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

const readWhole = async <T>(path: string): Promise<T | undefined> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fault('Q6901', { directory: path, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw fault('Q6902', { file: path, line: 1, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

const plain = (name: string): string => name.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[.-]+|-+$/g, '') || 'x'

/** Starts a run directory (made if need be, mode 0700) with its run.json. Throws Q6904. */
export const createRun = async (directory: string, head: RunHead): Promise<void> => {
  try {
    await mkdir(join(directory, 'faults'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fault('Q6904', { file: directory, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
  await writeWhole(join(directory, 'run.json'), head)
}

/** Where one fault is recorded. Everything is on the disk once `close` has returned. */
export interface FaultRecorder {
  directory: string
  operation: (operation: Operation) => void
  watchEvent: (event: WatchEvent) => void
  final: (state: FinalState) => Promise<void>
  hashes: (hashes: MemberHash[]) => Promise<void>
  timeline: (timeline: unknown) => Promise<void>
  close: () => Promise<void>
}

/** Opens the directory of fault number `n`, counted from 1. Throws Q6904. */
export const recordFault = async (run: string, n: number, id: string): Promise<FaultRecorder> => {
  const directory = join(run, 'faults', `${String(n).padStart(3, '0')}-${plain(id)}`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fault('Q6904', { file: directory, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
  const operations = await NdjsonWriter.open(join(directory, 'operations.ndjson'))
  const watch = await NdjsonWriter.open(join(directory, 'watch.ndjson'))
  return {
    directory,
    operation: (one) => operations.write(one),
    watchEvent: (one) => watch.write(one),
    final: (state) => writeWhole(join(directory, `final-${plain(state.source)}.json`), state),
    hashes: (hashes) => writeWhole(join(directory, 'hashes.json'), hashes),
    timeline: (timeline) => writeWhole(join(directory, 'timeline.json'), timeline),
    close: async () => {
      const ends = await Promise.allSettled([operations.close(), watch.close()])
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }
}

/** Lists a run: its head and its faults in order. Throws Q6901 where there is none, Q6903 for another version of the format. */
export const readRun = async (directory: string): Promise<{ head: RunHead; faults: RecordedFault[] }> => {
  const file = join(directory, 'run.json')
  const head = await readWhole<RunHead>(file)
  if (head === undefined) throw fault('Q6901', { directory, reason: 'there is no run.json' })
  if (head.v !== 1) throw fault('Q6903', { file, found: String(head.v), known: 1 })
  const names = await readdir(join(directory, 'faults')).catch(() => [])
  const faults = names
    .map((name) => /^(\d{3,})-(.+)$/.exec(name))
    .filter((match) => match !== null)
    .map((match) => ({ n: Number(match[1]), id: match[2] ?? '', directory: join(directory, 'faults', match[0]) }))
  return { head, faults: faults.sort((a, b) => a.n - b.n) }
}

/**
 * Reads what was recorded of one fault, ready to be judged again. `notes` says what is incomplete: a torn last line, no final state.
 * Throws Q6901 or Q6902.
 */
export const readHistory = async (directory: string): Promise<{ history: History; notes: string[] }> => {
  const names = await readdir(directory).catch((error: Error) => {
    throw fault('Q6901', { directory, reason: error.message }, { cause: error })
  })
  const operations = await readNdjson<Operation>(join(directory, 'operations.ndjson'))
  const watch = await readNdjson<WatchEvent>(join(directory, 'watch.ndjson'))
  const notes = [operations.torn, watch.torn].filter((note) => note !== undefined)
  const finals: FinalState[] = []
  for (const name of names.filter((one) => /^final-.+\.json$/.test(one)).sort()) {
    const state = await readWhole<FinalState>(join(directory, name))
    if (state) finals.push(state)
  }
  if (finals.length === 0) notes.push(`${directory}: no final state was recorded`)
  const hashes = (await readWhole<MemberHash[]>(join(directory, 'hashes.json'))) ?? []
  return { history: { operations: operations.records, watches: watch.records, finals, hashes }, notes }
}
