import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Problem, problem } from '../model/problem.js'
import { digestOfFile } from './digest.js'

/** One thing in a tree: f file, d directory, l symbolic link, o anything else. `is` = sha256 of a file, target of a link. */
export interface ManifestEntry {
  path: string
  kind: 'f' | 'd' | 'l' | 'o'
  mode: number
  owner: string
  size: number
  is: string
}

export const manifestName = 'manifest.json'

const entryOf = async (root: string, path: string, signal?: AbortSignal): Promise<ManifestEntry> => {
  const at = join(root, path)
  const s = await lstat(at)
  const common = { path, mode: s.mode & 0o7777, owner: `${s.uid}:${s.gid}` }
  if (s.isSymbolicLink()) return { ...common, kind: 'l', size: 0, is: await readlink(at) }
  if (s.isDirectory()) return { ...common, kind: 'd', size: 0, is: '' }
  if (!s.isFile()) return { ...common, kind: 'o', size: 0, is: '' }
  return { ...common, kind: 'f', size: s.size, is: await digestOfFile(at, signal) }
}

/** Every entry below a folder with its digest, sorted by path; the list itself is left out. */
export const listTree = async (root: string, signal?: AbortSignal): Promise<ManifestEntry[]> => {
  const all: ManifestEntry[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const name of (await readdir(join(root, folder))).sort()) {
      signal?.throwIfAborted()
      if (folder === '' && name === manifestName) continue
      const entry = await entryOf(root, folder ? `${folder}/${name}` : name, signal)
      all.push(entry)
      if (entry.kind === 'd') await walk(entry.path)
    }
  }
  await walk('')
  return all
}

export const writeManifest = async (root: string, signal?: AbortSignal): Promise<void> =>
  writeFile(join(root, manifestName), JSON.stringify(await listTree(root, signal)))

export const readManifest = async (root: string): Promise<ManifestEntry[]> =>
  JSON.parse(await readFile(join(root, manifestName), 'utf8')) as ManifestEntry[]

const shown = (entry: ManifestEntry | undefined): string =>
  entry === undefined ? 'nothing' : `${entry.kind} ${entry.mode.toString(8)} ${entry.owner} ${entry.is.slice(0, 16)}`.trim()

/** Compares a tree with its list: one Problem Q2006 for each entry that differs, is missing, or was added. `label` names the tree in them. */
export const compareTree = async (
  root: string,
  label: string,
  expected: readonly ManifestEntry[],
  signal?: AbortSignal,
): Promise<Problem[]> => {
  const want = new Map(expected.map((e) => [e.path, e]))
  const have = new Map((await listTree(root, signal)).map((e) => [e.path, e]))
  const problems: Problem[] = []
  for (const path of [...new Set([...want.keys(), ...have.keys()])].sort()) {
    const [w, h] = [want.get(path), have.get(path)]
    if (JSON.stringify(w) === JSON.stringify(h)) continue
    problems.push(problem('Q2006', { name: `${label}/${path}`, expected: shown(w), found: shown(h) }))
  }
  return problems
}
