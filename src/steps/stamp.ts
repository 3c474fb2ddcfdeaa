import { createHash } from 'node:crypto'
import type { FileSpec } from '../machine/machine.js'

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** A stamp says "this was done, from exactly this input": a small file written as the last act of a step. */
export interface Stamp {
  file: FileSpec
  /** sha256 of the file's content, as facts report it. */
  digest: string
}

const stampDir = '/var/lib/quorate/stamps'

/** The stamp of `what` made from `inputs`; any change of an input makes the old stamp false. */
export const stampOf = (what: string, ...inputs: string[]): Stamp => {
  const content = `${sha256(inputs.join('\0'))}\n`
  return { file: { path: `${stampDir}/${what}`, content, mode: 0o600 }, digest: sha256(content) }
}

export const stampPath = (what: string): string => `${stampDir}/${what}`
