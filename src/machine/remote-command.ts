import { randomBytes } from 'node:crypto'
import { pasteable, shellQuote } from './process.js'

/** A command as it is handed to the login shell of a machine. */
export interface RemoteCommand {
  line: string
  /** Ends the command and all it started, by a second session: sshd itself leaves processes without a terminal alone when their client goes. */
  killLine: string
  /** Said on standard error by a command that really exited 255, which is also ssh's own status for a lost connection. */
  mark: string
}

const root = (user: string): string => (user === 'root' ? '' : 'sudo -n ')

/**
 * Wraps words for the other side. The environment carries a token by which the command's processes are found again, and `timeout` ends them there
 * when the connection is gone: 2 s after our own deadline, so that ours is the one that is told.
 */
export const remoteCommand = (words: readonly string[], user: string, timeoutMs: number): RemoteCommand => {
  const token = randomBytes(8).toString('hex')
  const mark = `quorate-exit-255-${token}`
  const seconds = Math.ceil(timeoutMs / 1000) + 2
  const wrapper = `QUORATE_RUN=${token} timeout -s KILL ${seconds} "$@"; r=$?; [ "$r" -ne 255 ] || echo ${mark} >&2; exit "$r"`
  // A process that is just being forked escapes one look, hence several.
  const kill = `for i in 1 2 3; do p=$(grep -lsz '^QUORATE_RUN=${token}$' /proc/[0-9]*/environ | tr -dc '0-9\\n'); [ -z "$p" ] && break; kill -9 $p; done 2>/dev/null; true`
  return {
    line: `${root(user)}sh -c ${shellQuote(wrapper)} sh ${pasteable(words)}`,
    killLine: `${root(user)}sh -c ${shellQuote(kill)}`,
    mark,
  }
}

/**
 * Words that run shell text from standard input, and the input to give them: the text, then the script's own input. `head -c` takes exactly the bytes
 * of the text from a pipe, so a command inside can never read, and so swallow, the rest of its own script.
 */
export const scriptOnInput = (script: string, input: string | Uint8Array = ''): { words: string[]; stdin: Buffer } => {
  const text = Buffer.from(script, 'utf8')
  const own = typeof input === 'string' ? Buffer.from(input, 'utf8') : Buffer.from(input)
  return { words: ['sh', '-c', `s=$(head -c ${text.length}; echo x); eval "\${s%x}"`], stdin: Buffer.concat([text, own]) }
}
