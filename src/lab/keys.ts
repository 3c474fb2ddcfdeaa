import { statSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { shellQuote } from '../machine/process.js'
import { runLocked } from './locked.js'
import type { MachineKeys } from './machine-root.js'
import type { LabPaths } from './paths.js'

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

const makeKey = async (paths: LabPaths, path: string, comment: string): Promise<void> => {
  // Empty ones are left by a computer that lost power.
  if (sizeOf(path) > 0 && sizeOf(`${path}.pub`) > 0) return
  const [key, made] = [shellQuote(path), shellQuote(`${path}.new`)]
  const script = `rm -f ${made} ${made}.pub; ssh-keygen -q -t ed25519 -N '' -C ${shellQuote(comment)} -f ${made} && mv ${made}.pub ${key}.pub && mv ${made} ${key}`
  await runLocked(paths, `key-${basename(path)}`, script)
}

/** The lab's own key, and a host key for each machine that is known beforehand: host keys are checked as on real hosts. */
export const labKeys = async (
  paths: LabPaths,
  machines: readonly { name: string; address: string }[],
): Promise<Map<string, MachineKeys>> => {
  const dir = join(paths.dir, 'keys')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await Promise.all([makeKey(paths, paths.identity, 'quorate lab'), ...machines.map((m) => makeKey(paths, join(dir, m.name), m.name))])
  const authorizedKey = await readFile(`${paths.identity}.pub`, 'utf8')
  const keys = new Map<string, MachineKeys>()
  const known: string[] = []
  for (const m of machines) {
    const hostKey = await readFile(join(dir, m.name), 'utf8')
    const hostKeyPublic = await readFile(join(dir, `${m.name}.pub`), 'utf8')
    keys.set(m.name, { hostKey, hostKeyPublic, authorizedKey })
    known.push(`${m.address} ${hostKeyPublic.split(' ').slice(0, 2).join(' ')}`)
  }
  await writeFile(`${paths.knownHosts}.new`, `${known.join('\n')}\n`, { mode: 0o600 })
  await rename(`${paths.knownHosts}.new`, paths.knownHosts)
  return keys
}
