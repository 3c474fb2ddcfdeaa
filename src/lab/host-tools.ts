import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../model/problem.js'

/** Programs of this computer that a lab runs, and the Debian package that brings each. */
const tools: readonly (readonly [tool: string, pkg: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['ip', 'iproute2'],
  ['sysctl', 'procps'],
  ['nsenter', 'util-linux'],
  ['flock', 'util-linux'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
]

/** Throws Fault Q3501 without root, Q3502 naming the first program that is missing. */
export const requireTools = (): void => {
  requireRoot()
  const path = (process.env.PATH ?? '').split(':')
  for (const [tool, pkg] of tools) {
    if (!path.some((dir) => existsSync(join(dir, tool)))) throw fault('Q3502', { tool, package: pkg })
  }
}

export const requireRoot = (): void => {
  if (process.getuid?.() !== 0) throw fault('Q3501')
}
