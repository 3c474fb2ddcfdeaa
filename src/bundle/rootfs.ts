import { join } from 'node:path'
import { runProcess, shellQuote } from '../machine/process.js'
import { fault } from '../model/problem.js'
import { contained } from './contained.js'
import { keyOf } from './digest.js'
import type { Pins } from './pins.js'
import type { Amount } from './progress.js'

/** Things that nobody reads on a machine without a person. */
const excluded = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*', '/usr/share/lintian/*']

const setUp = (debian: Pins['debian']): string =>
  [
    // Programs that packages start at boot are started by quorate, when their configuration is there.
    `systemctl --root="$1" disable ${debian.disable.join(' ')} >/dev/null 2>&1 || true`,
    `systemctl --root="$1" mask ${debian.mask.join(' ')} >/dev/null 2>&1 || true`,
    'systemctl --root="$1" set-default multi-user.target >/dev/null 2>&1',
    'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/var/lib/dbus/machine-id; : > "$1"/etc/machine-id',
    'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*.log',
    'mkdir -p "$1"/var/lib/quorate "$1"/opt/cni/bin "$1"/usr/local/share/quorate',
  ].join('; ')

/** Label of the root file system in the cache. */
export const rootfsLabel = (debian: Pins['debian']): string => `rootfs-${keyOf(debian, excluded, setUp(debian), process.arch)}`

const stages = ['fetching package lists', 'fetching packages', 'extracting', 'installing', 'setting up']

/**
 * Makes the Debian root file system of machines in `dir`/root, from the package sources of this computer. It holds no key: host keys are
 * made for each machine. Throws Fault Q2005 with mmdebstrap's last words.
 */
export const makeRootfs = async (dir: string, debian: Pins['debian'], amount: Amount, signal?: AbortSignal): Promise<void> => {
  const argv: [string, ...string[]] = [
    'mmdebstrap',
    '--variant=minbase',
    '--mode=root',
    `--include=${debian.packages.join(',')}`,
    ...excluded.map((path) => `--dpkgopt=path-exclude=${path}`),
    `--customize-hook=${setUp(debian)}`,
    debian.suite,
    join(dir, 'root'),
  ]
  let stage = 0
  const show = (): void => amount(stage, stages.length, 'stages', stages[stage])
  show()
  const onLine = (line: string): void => {
    const next = stageOf(line)
    if (next <= stage) return
    stage = next
    show()
  }
  const result = await runProcess(contained(argv, { alone: true }), {
    timeoutMs: 900_000,
    allowFailure: true,
    onLine,
    ...(signal ? { signal } : {}),
  })
  if (result.exit !== 0) throw fault('Q2005', { output: result.stderr.trim().slice(-600) })
  amount(stages.length, stages.length, 'stages')
}

/** mmdebstrap says on standard error what it begins. */
const stageOf = (line: string): number =>
  [
    /update/,
    /downloading packages/,
    /extracting archives/,
    /installing (essential|remaining) packages/,
    /running --customize-hook/,
  ].findLastIndex((said) => said.test(line))

/** A Debian file, with every library that its loader asks for if it is a program, as pairs of path inside the root and path on this computer. */
export const libraryClosure = async (root: string, program: string): Promise<{ path: string; source: string }[]> => {
  const script = `for p in ${shellQuote(program)} $(ldd ${shellQuote(program)} 2>/dev/null | grep -o '/[^ ]*'); do echo "$p $(readlink -f "$p")"; done`
  const result = await runProcess(['chroot', root, 'sh', '-c', script], { timeoutMs: 30_000 })
  return result.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [path = '', real = ''] = line.split(' ')
      return { path, source: join(root, real) }
    })
}
