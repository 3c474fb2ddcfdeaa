import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault } from '../model/problem.js'
import { lastLine, shellQuote } from './process.js'
import { connectionFault, sshFailed } from './ssh-faults.js'
import type { SshTarget } from './ssh-target.js'
import { besideOf } from './write-files.js'

/** A transfer in which nothing moves for so long is given up. */
const stallMs = 60_000

/**
 * Sends a local file over `ssh`: beside its place, its size compared, flushed, renamed. Throws Fault Q3011 when it does not arrive whole, Q3012 when the
 * disk there is full, Q3003..Q3008 for the connection, and the signal's reason.
 */
export const uploadOver = async (
  ssh: readonly [string, ...string[]],
  target: SshTarget,
  localPath: string,
  remotePath: string,
  options: { mode?: number; onProgress?: (bytes: number) => void; signal?: AbortSignal },
): Promise<void> => {
  options.signal?.throwIfAborted()
  const size = (await stat(localPath)).size
  const tmp = shellQuote(besideOf(remotePath, 'uploading'))
  const place = shellQuote(remotePath)
  const dir = shellQuote(dirname(remotePath))
  const script = `trap ${shellQuote(`rm -f ${tmp}`)} EXIT
mkdir -p ${dir} && cat > ${tmp} && [ "$(stat -c %s ${tmp})" = ${size} ] && chmod ${(options.mode ?? 0o644).toString(8)} ${tmp} && sync ${tmp} && mv ${tmp} ${place} && sync ${dir}`
  const root = target.user === 'root' ? '' : 'sudo -n '
  const [program, ...rest] = ssh
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, [...rest, `${root}sh -c ${shellQuote(script)}`], { stdio: ['pipe', 'ignore', 'pipe'] })
    const source = createReadStream(localPath, { highWaterMark: 1 << 18 })
    let said = ''
    let failure: unknown
    const end = (why: unknown): void => {
      failure ??= why
      source.destroy()
      child.kill('SIGKILL')
    }
    const stalled = (): void =>
      end(fault('Q3011', { path: remotePath, stderr: `nothing moved for ${stallMs / 1000} s` }, { machine: target.name }))
    let timer = setTimeout(stalled, stallMs)
    const onAbort = (): void => end(options.signal?.reason)
    options.signal?.addEventListener('abort', onAbort, { once: true })

    let sent = 0
    source.on('data', (chunk) => {
      sent += chunk.length
      clearTimeout(timer)
      timer = setTimeout(stalled, stallMs)
      options.onProgress?.(sent)
    })
    source.on('error', end)
    source.pipe(child.stdin)
    child.stdin.on('error', () => undefined)
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-2000)
    })
    child.on('error', end)
    child.on('close', (code) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      source.destroy()
      if (failure !== undefined) return reject(failure)
      if (code === 0) return resolve()
      if (code === sshFailed) return reject(connectionFault(target, said, `upload ${remotePath}`))
      const full = /No space left on device|Disk quota exceeded/.test(said)
      const data = full ? { command: `upload ${remotePath}`, said: lastLine(said) } : { path: remotePath, stderr: said.trim().slice(-600) }
      reject(fault(full ? 'Q3012' : 'Q3011', data, { machine: target.name }))
    })
  })
}
