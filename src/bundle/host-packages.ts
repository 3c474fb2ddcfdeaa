import { existsSync } from 'node:fs'
import { runProcess } from '../machine/process.js'
import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'

/** Debian packages on this computer that making a bundle or a lab needs, by a file that each brings. */
const needed: readonly (readonly [pkg: string, file: string])[] = [
  ['mmdebstrap', '/usr/bin/mmdebstrap'],
  ['systemd-container', '/usr/bin/systemd-nspawn'],
  ['libseccomp-dev', '/usr/include/seccomp.h'],
  ['pkg-config', '/usr/bin/pkg-config'],
  ['gcc', '/usr/bin/gcc'],
  ['libc6-dev', '/usr/include/stdio.h'],
  ['iproute2', '/usr/sbin/ip:/usr/bin/ip:/sbin/ip'],
  ['nftables', '/usr/sbin/nft'],
  ['openssh-client', '/usr/bin/ssh'],
]

/** Packages of which this computer has no file. */
export const missingPackages = (exists: (path: string) => boolean = existsSync): string[] =>
  needed.filter(([, files]) => !files.split(':').some((file) => exists(file))).map(([pkg]) => pkg)

/** Installs what is missing with apt-get, and says so. Throws Fault Q2004 naming the command when it cannot. */
export const ensureHostPackages = async (emit: Emit, missing = missingPackages(), uid = process.getuid?.()): Promise<void> => {
  if (missing.length === 0) return
  const packages = missing.join(' ')
  if (uid !== 0) throw fault('Q2004', { packages, reason: 'this needs root' })
  emit({ type: 'note', level: 'info', text: `installing on this computer: ${packages}` })
  const script = `export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends ${packages} || { apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages}; }`
  const result = await runProcess(['sh', '-c', script], { timeoutMs: 600_000, allowFailure: true })
  if (result.exit !== 0) throw fault('Q2004', { packages, reason: result.stderr.trim().slice(-300) })
}
