import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Runs published programs over rendered files and leaves no trace: mounts, writes and the network live in name spaces that end with it. */

export interface Ran {
  exit: number
  output: string
}

export const hasProgram = (root: string, path: string): boolean => existsSync(join(root, path))

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/**
 * Runs `argv` in a root file system (`/` is this computer's own) on top of which `files` lie at their real paths. Nothing is written
 * to it: an overlay in memory takes all. There is one interface, host0, with the given address. With `programs`, a directory of this
 * computer is seen at /programs.
 */
export const runInside = async (
  root: string,
  files: Record<string, string>,
  argv: string[],
  options: { address?: string; programs?: string } = {},
): Promise<Ran> => {
  const scratch = mkdtempSync(join(tmpdir(), 'quorate-real-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      const target = join(scratch, 'files', path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 })
    }
    const script = `set -e
ip link set lo up
ip link add host0 type bridge
ip link set host0 up
ip addr add ${options.address ?? '10.99.0.11'}/24 dev host0
cd ${quote(scratch)}
mkdir -p memory files
mount -t tmpfs tmpfs memory
mkdir memory/upper memory/work memory/root
mount -t overlay overlay -o lowerdir=${quote(root)},upperdir=memory/upper,workdir=memory/work memory/root
cp -a files/. memory/root/
mount -t proc proc memory/root/proc
mount --rbind /dev memory/root/dev
${options.programs ? `mkdir -p memory/root/programs && mount --bind ${quote(options.programs)} memory/root/programs` : ''}
exec chroot memory/root ${argv.map(quote).join(' ')}
`
    writeFileSync(join(scratch, 'run'), script)
    return await new Promise<Ran>((done) => {
      execFile(
        'unshare',
        ['--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', join(scratch, 'run')],
        { timeout: 30_000, killSignal: 'SIGKILL' },
        (error, stdout, stderr) => done({ exit: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
      )
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** May this process make name spaces at all? */
export const mayUnshare = (): boolean => {
  try {
    execFileSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
