import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Emit } from '../model/event.js'
import { type Problem, problem } from '../model/problem.js'
import { sha256 } from './digest.js'
import { compareTree, type ManifestEntry, manifestName } from './manifest.js'
import { shownStep } from './progress.js'

export interface VerifyOptions {
  /** Folder that holds the objects, each in a folder named by its label. */
  at: string
  /** sha256 of each object's list of digests, by label. */
  objects: Readonly<Record<string, string>>
  emit: Emit
  signal?: AbortSignal
}

/** Reads one object: its list against the digest that is known of it, then everything in it against the list. */
const verifyObject = async (at: string, label: string, expected: string, signal?: AbortSignal): Promise<Problem[]> => {
  const dir = join(at, label)
  const list = await readFile(join(dir, manifestName)).catch(() => undefined)
  const found = list ? `sha256:${sha256(list)}` : 'nothing'
  if (!list || found !== `sha256:${expected}`)
    return [problem('Q2006', { name: `${label}/${manifestName}`, expected: `sha256:${expected}`, found })]
  return compareTree(dir, label, JSON.parse(list.toString('utf8')) as ManifestEntry[], signal)
}

/** Reads every object of a bundle and compares it with its digests: one Problem Q2006 for each file that differs, is missing, or was added. */
export const verifyObjects = ({ at, objects, emit, signal }: VerifyOptions): Promise<Problem[]> =>
  shownStep(emit, 'bundle/verify', 'digests', async (amount) => {
    const problems: Problem[] = []
    const all = Object.entries(objects)
    for (const [n, [label, expected]] of all.entries()) {
      signal?.throwIfAborted()
      amount(n, all.length, 'parts', label)
      problems.push(...(await verifyObject(at, label, expected, signal)))
    }
    amount(all.length, all.length, 'parts')
    return problems
  })
