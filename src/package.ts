import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Description {
  name?: string
  version?: string
}

const describe = (folder: string): Description | undefined => {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Description
  } catch {
    return
  }
}

/** Upwards from this file: it stands in src, in dist, or in whatever chunk the bundler put it. */
const find = (folder: string): { root: string; version: string } => {
  const found = describe(folder)
  if (found?.name === 'quorate') return { root: folder, version: found.version ?? 'unknown' }
  if (folder === dirname(folder))
    throw new Error(`quorate's package.json is missing above ${fileURLToPath(import.meta.url)}: install it again`)
  return find(dirname(folder))
}

const own = find(dirname(fileURLToPath(import.meta.url)))

/** Of quorate itself, as its package.json has it. */
export const packageVersion = own.version

/** A file or folder that comes with the package, by its path from the root of it. */
export const packageFile = (path: string): string => join(own.root, path)

/** A program of ours that runs as a process of its own, compiled: `lab/relay-main` is src/lab/relay-main.ts. */
export const packageProgram = (name: string): string => packageFile(`dist/${name}.js`)
